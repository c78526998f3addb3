<?php
header('Content-Type: text/plain; charset=utf-8');
$config = parse_ini_file(__DIR__ . '/config/shop.ini');
echo 'shop of ', $config['brand'] ?? '?', ' in ', getenv('APP_ENV') ?: '?', "\n";
