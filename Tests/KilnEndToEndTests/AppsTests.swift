import Foundation
import Testing

/// Environments as customers have them: two apps of different runtimes, a worker, a migration, a schedule, a volume.
@Suite(.enabled(if: EndToEnd.isRequested, EndToEnd.skipped), .serialized)
struct AppsTests {
  private static let environment = ["APPS_DB_PASSWORD": #"s3cr"et '$x\y%"#]

  private func kiln(_ arguments: String, in root: URL, expecting status: Int32? = 0) throws -> ShellResult {
    try sh("kiln \(arguments)", in: root, environment: Self.environment, expecting: status)
  }

  /// The address of an app, of those that `kiln up` printed: with HTTPS, as a browser would ask.
  private func address(_ app: String, in result: ShellResult) throws -> String {
    #expect(result.output.contains("\(app): http://127.0.0.1:"))
    let line = result.error.split(separator: "\n").first { $0.hasPrefix("\(app): https://") }
    return try #require(line, "\(result.error)").dropFirst("\(app): ".count).description
  }

  /// By the local authority's certificate.
  private func page(_ url: String) throws -> String {
    try sh("curl -fsS --cacert <(kiln certificate) --resolve '*:443:127.0.0.1' '\(url)'").output
  }

  @Test func whatRunsBesideAnAppRunsAsTheSpecSays() throws {
    let folder = try TemporaryFolder()
    let root = folder.url
    defer {
      _ = try? sh(
        "kiln down kilnapps --volumes --yes; docker rmi -f $(docker images -q 'kilnapps/*')", in: root,
        expecting: nil)
      folder.remove()
    }
    try sh("mkdir -p environments apps/care/bin apps/portal", in: root)
    for (path, text) in Self.files {
      try text.write(to: root.appending(path: path), atomically: true, encoding: .utf8)
    }
    try sh("kiln check && kiln generate -q", in: root)
    let plan = try sh("kiln plan kilnapps", in: root).output
    #expect(plan.contains("tick, every minute, Europe/Amsterdam") && plan.contains("queue, 2 replicas"))

    let first = try kiln("up kilnapps", in: root)
    let care = try address("care", in: first)
    let portal = try address("portal", in: first)
    // Values as they are, whatever is in them; the migration ran before the page was asked.
    #expect(try page(care) == #"qua"lity $5 {{x}} %h migrations=1 done= upload="#)
    #expect(try page(portal) == "portal sees ok")
    // The worker empties the list, as the app's account.
    _ = try page("\(care)?push=hello")
    let done = try sh(
      "for i in $(seq 50); do curl -fsSk '\(care)' | grep -q 'done=hello by www-data' && exit; sleep 0.2; done; exit 1")
    #expect(done.status == 0)
    _ = try page("\(care)?upload=kept")

    // Again: nothing is replaced, and the migration does not run.
    let again = try kiln("up kilnapps", in: root)
    #expect(again.error.contains("nothing was replaced") && !again.error.contains("running before"))
    #expect(try page(care).hasSuffix("migrations=1 done=hello by www-data upload=kept"))

    // What jobs there are, and what they return.
    #expect(try kiln("run kilnapps migrate", in: root).status == 0)
    #expect(try page(care).contains("migrations=2"))
    let own = try kiln(
      "run kilnapps care -- php -r 'echo posix_geteuid(), getenv(\"APP_ENV\"); exit(3);'", in: root, expecting: 3)
    #expect(own.output.hasPrefix("33qua"))
    #expect(try kiln("run kilnapps migrat", in: root, expecting: 1).error.contains("did you mean \"migrate\"?"))

    // By the clock: a run that fails is told by `status`.
    let ran = try sh(
      "for i in $(seq 90); do kiln logs kilnapps care-tick 2>&1 | grep -q 'tick 1' && exit; sleep 1; done; exit 1",
      in: root)
    #expect(ran.status == 0)
    let status = try sh(
      "for i in $(seq 20); do kiln status kilnapps > s || true; grep -q 'care-bad: running, unhealthy' s && exit; sleep 1; done; cat s; exit 1",
      in: root)
    #expect(status.status == 0)
    #expect(try kiln("up kilnapps", in: root).error.contains("care-bad: the last run"))

    // Everything is as the spec says, and each reads what it may and no more.
    let report = try kiln("verify kilnapps", in: root)
    #expect(report.output.contains("care-queue") && report.output.contains("portal"))
    #expect(try kiln("exec kilnapps portal -- ls /run/secrets", in: root, expecting: nil).output.isEmpty)
    #expect(try kiln("exec kilnapps care-queue -- ls /run/secrets", in: root).output == "DB_PASSWORD\n")

    // A value: nothing is built. A migration that fails: the version before goes on.
    let images = "docker images --format '{{.ID}}' 'kilnapps/*' | sort"
    let before = try sh(images).output
    let staged = try kiln("up kilnapps --stage qa", in: root)
    #expect(try page(try address("care", in: staged)).hasPrefix("qa migrations="))
    #expect(try sh(images).output == before && !staged.error.contains("building:"))
    #expect(try kiln("verify kilnapps", in: root).status == 0)
    try "<?php fwrite(STDERR, \"no such column\\n\"); exit(7);".write(
      to: root.appending(path: "apps/care/bin/migrate.php"), atomically: true, encoding: .utf8)
    let failed = try kiln("up kilnapps", in: root, expecting: 1)
    #expect(failed.error.contains("no such column") && failed.error.contains("care-migrate failed with exit code 7"))
    #expect(try page(care).hasPrefix("qa migrations="))

    // Uploads outlive versions and `down`.
    try Self.files["apps/care/bin/migrate.php"]?.write(
      to: root.appending(path: "apps/care/bin/migrate.php"), atomically: true, encoding: .utf8)
    try "<?php // another version\n".appending(Self.files["apps/care/index.php"]?.dropFirst(6) ?? "").write(
      to: root.appending(path: "apps/care/index.php"), atomically: true, encoding: .utf8)
    _ = try kiln("down kilnapps", in: root)
    let last = try kiln("up kilnapps", in: root)
    #expect(try page(try address("care", in: last)).hasSuffix("upload=kept"))
  }

  private static let files = [
    "kiln.yaml": "version: 1\n",
    "environments/kilnapps.yaml": #"""
    version: 1
    customer: kilnapps
    runtime:
      base: debian-12
      components: {apache: {}, php: {extensions: [mysql, redis]}}
    apps:
      care:
        source: ../apps/care
        port: 80
        health: /health.php
        environment: {APP_ENV: 'qua"lity $5 {{x}} %h'}
        secrets: [DB_PASSWORD]
        volumes: {uploads: {path: /var/www/app/uploads, storage: 1Gi}}
        workers:
          queue: {command: [php, bin/worker.php], replicas: 2}
        jobs:
          migrate: {command: [php, bin/migrate.php], run: before-deploy}
          tick: {command: [php, bin/tick.php], schedule: "* * * * *", timeZone: Europe/Amsterdam}
          bad: {command: [php, -r, 'exit(4);'], schedule: "* * * * *"}
      portal:
        source: ../apps/portal
        runtime: {base: debian-12, components: {nodejs: {}}}
        command: [node, server.js]
        port: 3000
        health: /
        environment: {CARE: "http://care"}
        secrets: []
    services:
      mariadb: {from: packages, database: shop, user: shop, password: DB_PASSWORD}
      redis: {from: packages}
    secrets:
      DB_PASSWORD: {env: APPS_DB_PASSWORD}
    stages:
      qa: {apps: {care: {environment: {APP_ENV: qa}}}}

    """#,
    "apps/care/health.php": "<?php echo 'ok';",
    "apps/care/index.php": #"""
    <?php
    $db = new PDO('mysql:host=mariadb;dbname=shop', 'shop', file_get_contents('/run/secrets/DB_PASSWORD'));
    $redis = new Redis(); $redis->connect('redis');
    if (isset($_GET['push'])) $redis->lPush('queue', $_GET['push']);
    if (isset($_GET['upload'])) file_put_contents('uploads/x', $_GET['upload']);
    echo getenv('APP_ENV'), ' migrations=', $db->query('SELECT COUNT(*) FROM runs')->fetchColumn(),
      ' done=', $redis->get('done'), ' upload=', @file_get_contents('uploads/x');
    """#,
    "apps/care/bin/worker.php": #"""
    <?php
    $redis = new Redis(); $redis->connect('redis');
    while (true) {
      $item = $redis->brPop(['queue'], 2);
      if ($item) $redis->set('done', $item[1] . ' by ' . posix_getpwuid(posix_geteuid())['name']);
    }
    """#,
    "apps/care/bin/migrate.php": #"""
    <?php
    $db = new PDO('mysql:host=mariadb;dbname=shop', 'shop', file_get_contents('/run/secrets/DB_PASSWORD'));
    $db->exec('CREATE TABLE IF NOT EXISTS runs (at TIMESTAMP DEFAULT NOW())');
    $db->exec('INSERT INTO runs VALUES ()');
    """#,
    "apps/care/bin/tick.php": #"""
    <?php $redis = new Redis(); $redis->connect('redis'); echo 'tick ', $redis->incr('ticks'), "\n";
    """#,
    "apps/portal/server.js": #"""
    const http = require('http');
    http.createServer((request, response) => {
      http.get(process.env.CARE + '/health.php', answer => {
        let text = '';
        answer.on('data', part => { text += part; });
        answer.on('end', () => response.end('portal sees ' + text));
      }).on('error', error => { response.statusCode = 500; response.end(String(error)); });
    }).listen(3000);
    process.on('SIGTERM', () => process.exit(0));
    """#,
  ]
}
