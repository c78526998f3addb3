<?php
// The database is the environment's; its password is a file that only this container has.
define('DB_HOST', getenv('DB_HOST'));
define('DB_NAME', getenv('DB_NAME'));
define('DB_USER', getenv('DB_USER'));
define('DB_PASSWORD', is_readable('/run/secrets/DB_PASSWORD') ? file_get_contents('/run/secrets/DB_PASSWORD') : '');
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
$table_prefix = 'wp_';

define('WP_CONTENT_DIR', '/usr/share/wordpress/wp-content');
define('WPMU_PLUGIN_DIR', '{{content}}/mu-plugins');
// The port differs from one `kiln up` to the next, and the name from stage to stage.
$host = $_SERVER['HTTP_HOST'] ?? 'localhost';
define('WP_HOME', (empty($_SERVER['HTTPS']) ? 'http://' : 'https://') . $host);
define('WP_SITEURL', WP_HOME);
// A job of the spec's does this, by the clock and not by who visits.
define('DISABLE_WP_CRON', true);
// Images do not change: what is installed comes with the next one.
define('DISALLOW_FILE_MODS', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
