<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>The service</title></head>
<body><h1>The service</h1><p><?= htmlspecialchars(getenv('APP_ENV') ?: '') ?></p></body>
</html>
