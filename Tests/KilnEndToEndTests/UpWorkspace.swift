import Foundation

/// Two customers with one application: a page that reads a row from MariaDB and counts in Redis.
enum UpWorkspace {
  static let password = #"s3cr"et '$x\y%"#
  static let environment = ["ACME_DB_PASSWORD": password, "GLOBEX_DB_PASSWORD": #"0th3r"er '$z\w%"#]

  /// A row of MariaDB's, and how often the page was asked for, which Redis counts.
  static let page = #"""
    <?php
    $db = new PDO("mysql:host=" . getenv("DB_HOST") . ";dbname=shop", "shop", file_get_contents("/run/secrets/DB_PASSWORD"));
    $db->exec("CREATE TABLE IF NOT EXISTS t (name VARCHAR(40))");
    if (!$db->query("SELECT COUNT(*) FROM t")->fetchColumn()) $db->prepare("INSERT INTO t VALUES (?)")->execute([getenv("OWNER")]);
    $redis = new Redis(); $redis->connect(getenv("REDIS_HOST"));
    echo $db->query("SELECT name FROM t")->fetchColumn(), " ", $redis->incr("counter");
    """#

  static func run(_ body: (URL) throws -> Void) throws {
    let folder = try TemporaryFolder()
    try sh("kiln init W && rm W/environments/* && mkdir W/apps/shop", in: folder.url)
    let root = folder.url.appending(path: "W")
    defer {
      _ = try? sh(
        "for c in kilnacme kilnglobex; do kiln down $c --volumes --yes; docker rmi -f $(docker images -q \"$c/*\"); done",
        in: root, expecting: nil)
      folder.remove()
    }
    for (customer, reference) in [
      ("kilnacme", "env: ACME_DB_PASSWORD"), ("kilnglobex", "env: GLOBEX_DB_PASSWORD, as: variable"),
    ] {
      try """
      version: 1
      customer: \(customer)
      runtime: {base: debian-12, components: {apache: {}, php: {extensions: [mysql, redis]}}}
      app:
        source: ../apps/shop
        port: 80
        health: /health.php
        checks: [{path: /health.php, content: ok}, {path: /nowhere, status: 404}]
        limits: {cpus: 0.5, memory: 256Mi}
        environment: {DB_HOST: mariadb, REDIS_HOST: redis, OWNER: "\(customer) $5"}
      services:
        mariadb: {from: packages, database: shop, user: shop, password: DB_PASSWORD, settings: {max_connections: 50}}
        redis: {from: packages, settings: {appendonly: "yes"}, limits: {memory: 64Mi}}
      secrets: {DB_PASSWORD: {\(reference)}}

      """.write(to: root.appending(path: "environments/\(customer).yaml"), atomically: true, encoding: .utf8)
    }
    try "<?php echo 'ok';".write(to: root.appending(path: "apps/shop/health.php"), atomically: true, encoding: .utf8)
    try """
    <?php
    $file = rtrim(file_get_contents("/run/secrets/DB_PASSWORD"), "\\n");
    echo getenv("DB_PASSWORD") === false ? "no variable" : (getenv("DB_PASSWORD") === $file ? "the same" : "another");
    """.write(to: root.appending(path: "apps/shop/variable.php"), atomically: true, encoding: .utf8)
    try page.write(to: root.appending(path: "apps/shop/index.php"), atomically: true, encoding: .utf8)
    try sh("kiln check && kiln generate -q", in: root)
    try body(root)
  }

  static func up(_ customer: String, _ flags: String = "", in root: URL) throws -> String {
    try sh(
      "kiln up \(customer) \(flags) 2> up.log || { tail -30 up.log >&2; exit 1; }", in: root, environment: environment
    )
    .output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  static func page(_ url: String) throws -> String { try sh("curl -fsS \(url)").output }
}
