<?php
header('Content-Type: text/plain; charset=utf-8');
echo 'Hello from ', getenv('APP_NAME') ?: 'Kiln', ' on PHP ', PHP_MAJOR_VERSION, '.', PHP_MINOR_VERSION, "\n";
