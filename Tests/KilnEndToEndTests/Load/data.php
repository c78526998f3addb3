<?php
// data.php SERVICE prepare|write|missing [FILE]: writes without a pause and notes in FILE what the service has
// acknowledged; prints how much of that it does not have.
[, $service, $task] = $argv;
$file = $argv[3] ?? "";
if ($service == "redis") {
  $redis = new Redis();
  $redis->connect("redis");
  $prepare = fn() => null;
  $add = fn($n) => $redis->sAdd("kiln", $n);
  $has = fn($n) => $redis->sIsMember("kiln", $n);
} elseif ($service == "mongodb") {
  $mongo = new MongoDB\Driver\Manager("mongodb://mongodb");
  $prepare = fn() => null;
  $add = function ($n) use ($mongo) {
    $write = new MongoDB\Driver\BulkWrite();
    $write->insert(["_id" => $n]);
    $mongo->executeBulkWrite("shop.kiln", $write, ["writeConcern" => new MongoDB\Driver\WriteConcern(1, 0, true)]);
  };
  $has = fn($n) => $mongo->executeQuery("shop.kiln", new MongoDB\Driver\Query(["_id" => (int) $n]))->toArray();
} else {
  $driver = $service == "postgresql" ? "pgsql" : "mysql";
  $password = file_get_contents("/run/secrets/DB_PASSWORD");
  $db = new PDO("$driver:host=$service;dbname=shop", "shop", $password, [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
  $prepare = fn() => $db->exec("CREATE TABLE IF NOT EXISTS kiln (n BIGINT PRIMARY KEY)");
  $add = fn($n) => $db->prepare("INSERT INTO kiln VALUES (?)")->execute([$n]);
  $has = function ($n) use ($db) {
    $find = $db->prepare("SELECT COUNT(*) FROM kiln WHERE n = ?");
    $find->execute([$n]);
    return $find->fetchColumn();
  };
}
if ($task == "prepare") {
  $prepare();
} elseif ($task == "missing") {
  echo count(array_filter(file($file, FILE_IGNORE_NEW_LINES), fn($n) => !$has($n))), "\n";
} else {
  $log = fopen($file, "a");
  for ($n = getmypid() << 32; ; $n++) {
    try {
      $add($n);
    } catch (Throwable) {
      exit;
    }
    fwrite($log, "$n\n");
  }
}
