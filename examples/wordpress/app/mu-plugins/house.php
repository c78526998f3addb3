<?php
/* Plugin Name: House. What all of our sites have. */

/** How often the site was asked for, which Redis keeps. */
function house_visits(): int {
    $redis = new Redis();
    $redis->connect(getenv('REDIS_HOST'), 6379, 1.0);
    return $redis->incr('visits');
}

/** What is the customer's own, put in where the app's image is made. */
function house_site(): array {
    return parse_ini_file('/var/www/app/site.ini');
}
