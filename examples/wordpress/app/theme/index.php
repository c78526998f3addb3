<!doctype html>
<html lang="en">
<head><?php wp_head(); ?><link rel="stylesheet" href="<?= esc_url(get_stylesheet_uri()) ?>"></head>
<body style="border-top: 1em solid <?= esc_attr(house_site()['colour']) ?>">
<h1>A site of <?= esc_html(house_site()['title']) ?></h1>
<?php readfile(__DIR__ . '/welcome.html'); ?>
<?php while (have_posts()) { the_post(); the_title('<h2>', '</h2>'); the_content(); } ?>
<footer>Visit <?= house_visits() ?></footer>
<?php wp_footer(); ?>
</body>
</html>
