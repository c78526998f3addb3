<?php
// Healthy once the database answers and WordPress is installed; the first to ask installs it.
define('WP_INSTALLING', true);
require '/usr/share/wordpress/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
ini_set('display_errors', '0');
$password = trim((string) @file_get_contents('/run/secrets/ADMIN_PASSWORD'));
// One asks, the others wait for it.
if (!$wpdb->get_var("SELECT GET_LOCK('install', 30)")) {
    http_response_code(503);
    exit('installing');
}
if (!is_blog_installed()) {
    $site = parse_ini_file(__DIR__ . '/site.ini');
    wp_install($site['title'], 'admin', 'admin@example.com', true, '', wp_slash($password));
    switch_theme('house');
}
$wpdb->query("DO RELEASE_LOCK('install')");
echo 'ok';
