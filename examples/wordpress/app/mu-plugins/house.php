<?php
/* Plugin Name: House. What all of our sites have. */

/** How often the site was asked for, which Redis keeps. */
function house_visits(): int {
    $redis = new Redis();
    $redis->connect(getenv('REDIS_HOST'), 6379, 1.0);
    return $redis->incr('visits');
}

/** Work of WordPress's own schedule, which the job `wp-cron` starts. */
add_action('init', function (): void {
    if (!wp_installing() && !wp_next_scheduled('house_cleanup')) {
        wp_schedule_event(time(), 'hourly', 'house_cleanup');
    }
});
add_action('house_cleanup', function (): void {
    update_option('house_cleaned', gmdate('c'));
});

/** What is the customer's own, put in where the app's image is made. */
function house_site(): array {
    return parse_ini_file('/var/www/app/site.ini');
}
