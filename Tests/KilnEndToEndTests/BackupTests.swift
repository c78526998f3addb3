import Foundation
import Testing

/// A customer's data leaves an environment, and comes back.
@Suite(.enabled(if: EndToEnd.isRequested, EndToEnd.skipped), .serialized)
struct BackupTests {
  private let environment = UpWorkspace.environment

  private func workspace(_ customer: String, _ spec: String, _ body: (URL) throws -> Void) throws {
    let folder = try TemporaryFolder()
    try sh("kiln init W && rm W/environments/* && mkdir W/apps/shop", in: folder.url)
    let root = folder.url.appending(path: "W")
    defer {
      _ = try? sh(
        "kiln down \(customer) --volumes --yes; docker rmi -f $(docker images -q '\(customer)/*')", in: root,
        expecting: nil)
      folder.remove()
    }
    try "version: 1\ncustomer: \(customer)\n\(spec)".write(
      to: root.appending(path: "environments/\(customer).yaml"), atomically: true, encoding: .utf8)
    try body(root)
  }

  private func backup(_ customer: String, _ file: String, _ names: String = "", in root: URL) throws {
    try sh("kiln backup \(customer) \(names) --output \(file)", in: root, environment: environment)
  }

  @Test func pageRowKeyAndFilesComeBackAsTheyWere() throws {
    let spec = """
      runtime: {base: debian-12, components: {apache: {}, php: {extensions: [mysql, redis]}}}
      apps:
        care:
          source: ../apps/shop
          port: 80
          environment: {DB_HOST: mariadb, REDIS_HOST: redis, OWNER: "kilncare $5"}
          volumes: {uploads: {path: /var/www/uploads, storage: 1Gi}}
      services:
        mariadb: {from: packages, database: shop, user: shop, password: DB_PASSWORD}
        redis: {from: packages, settings: {appendonly: "yes"}, limits: {memory: 64Mi}}
      secrets: {DB_PASSWORD: {env: ACME_DB_PASSWORD}}

      """
    try workspace("kilncare", spec) { root in
      try UpWorkspace.page.write(to: root.appending(path: "apps/shop/index.php"), atomically: true, encoding: .utf8)
      let url = try UpWorkspace.up("kilncare", in: root)
      #expect(try UpWorkspace.page(url) == "kilncare $5 1")
      let list =
        "cd /var/www/uploads && stat -c '%a %u:%g %Y' . && ls -lnAR --time-style=+%s . && cat a/one 'ü 2'"
      try sh(
        """
        kiln exec kilncare care -- sh -c '
          cd /var/www/uploads && mkdir -p empty a && echo one > a/one && chmod 600 a/one && chown 33:44 a/one
          ln -s /etc/passwd out && ln a/one a/same && echo 2 > "ü 2" && touch -d @1000000000 "ü 2"
          head -c 5000000 /dev/urandom > large'
        """, in: root)
      let files = try sh("kiln exec kilncare care -- sh -c \"\(list)\"", in: root).output
      let volumes = try sh("kiln volumes kilncare", in: root).output
      #expect(volumes.contains("care-uploads: /var/www/uploads of www-data, 1Gi asked for, 4 files, 5.0 MB, in use\n"))

      // Nobody but a reader of the container sees the password.
      let watched = try sh(
        """
        (while sleep 0.02; do ps axww -o args; done > processes) & watcher=$!
        kiln backup kilncare --output 1.tar > log 2>&1 || code=$?
        kill $watcher; cat log >&2
        grep -c -a -F "$ACME_DB_PASSWORD" processes log
        exit ${code:-0}
        """, in: root, environment: environment, expecting: nil)
      #expect(watched.output == "processes:0\nlog:0\n" && watched.error.contains("care-uploads: files, "), "\(watched)")
      try backup("kilncare", "2.tar", in: root)
      #expect(try sh("cmp 1.tar 2.tar && stat -c %a 1.tar", in: root).output == "600\n")
      let again = try sh("kiln backup kilncare --output 1.tar", in: root, expecting: nil)
      #expect(again.status == 1 && again.error.contains("[backup.exists]"))

      try sh("kiln down kilncare --volumes --yes", in: root)
      let early = try sh("kiln restore kilncare 1.tar --yes", in: root, expecting: nil)
      #expect(early.status == 1 && early.error.contains("the volume care-uploads of kilncare is not made yet"))
      let second = try UpWorkspace.up("kilncare", in: root)
      #expect(try UpWorkspace.page(second) == "kilncare $5 1")
      let asked = try sh("kiln restore kilncare 1.tar", in: root, expecting: nil)
      #expect(asked.status == 1 && asked.error.contains("[restore.unasked]"))
      // A file that was cut off, and one that somebody changed: nothing is touched.
      try sh("head -c 4000000 1.tar > cut.tar; sed 's/kilncare \\$5/kilncare $6/' 1.tar > changed.tar", in: root)
      for file in ["cut.tar", "changed.tar"] {
        let wrong = try sh("kiln restore kilncare \(file) --yes", in: root, expecting: nil)
        #expect(wrong.status == 1 && wrong.error.contains("[restore.file]"), "\(wrong.error)")
      }
      #expect(try UpWorkspace.page(second) == "kilncare $5 2")

      let restored = try sh("kiln restore kilncare 1.tar --yes", in: root, environment: environment)
      #expect(restored.error.hasSuffix("mariadb: restored\nredis: restored\ncare-uploads: restored\n"))
      #expect(try sh("kiln exec kilncare care -- sh -c \"\(list)\"", in: root).output == files)
      #expect(try sh("kiln exec kilncare redis -- redis-cli get counter", in: root).output == "1\n")
      try backup("kilncare", "3.tar", in: root)
      try sh("cmp 1.tar 3.tar", in: root)
      #expect(try UpWorkspace.page(second) == "kilncare $5 2")
      // A restart has what was restored: Redis has written it down.
      try sh("docker restart kilncare-redis-1 kilncare-mariadb-1", in: root)
      #expect(try sh("kiln exec kilncare redis -- redis-cli get counter", in: root).output == "2\n")

      // One alone, and what an interruption leaves: the old files, and a running app.
      try sh("kiln exec kilncare care -- sh -c 'cd /var/www/uploads; rm -r a; echo new > new'", in: root)
      let interrupted = try sh(
        "kiln restore kilncare 1.tar care-uploads --yes & pid=$!; sleep 1.5; kill -INT $pid; wait $pid", in: root,
        expecting: nil)
      let left = try sh("kiln exec kilncare care -- ls -A /var/www/uploads", in: root).output
      #expect(
        interrupted.status == 130 && left == "empty\nlarge\nnew\nout\nü 2\n"
          || interrupted.error.contains("care-uploads: restored") && left == "a\nempty\nlarge\nout\nü 2\n",
        "\(interrupted.error)\(left)")
      try sh("kiln restore kilncare 1.tar care-uploads --yes", in: root)
      #expect(try sh("kiln exec kilncare care -- sh -c \"\(list)\"", in: root).output == files)
      // A backup that is killed holds no volume back.
      try sh(
        "setsid kiln backup kilncare --output 4.tar & sleep 2; kill -9 $! || true; sleep 1", in: root, expecting: nil)
      try sh("kiln down kilncare --volumes --yes", in: root)
      let remains = try sh("docker ps -aq --filter name=kilncare; docker volume ls -q --filter name=kilncare", in: root)
      #expect(remains.output.isEmpty)
    }
  }

  @Test func postgresqlComesBack() throws {
    let spec = """
      runtime: {base: debian-12}
      services: {postgresql: {from: packages, database: shop, user: shop, password: DB_PASSWORD}}
      secrets: {DB_PASSWORD: {env: ACME_DB_PASSWORD}}

      """
    try workspace("kilnpgdata", spec) { root in
      _ = try UpWorkspace.up("kilnpgdata", in: root)
      let ask = #"kiln exec kilnpgdata postgresql -- psql -d shop -tAc"#
      try sh(
        #"\#(ask) "SET ROLE shop; CREATE TABLE t (id serial, name text); INSERT INTO t (name) VALUES (E'a\\tb'), ('ü')""#,
        in: root)
      try backup("kilnpgdata", "1.tar", in: root)
      try backup("kilnpgdata", "2.tar", "postgresql", in: root)
      try sh("cmp 1.tar 2.tar && kiln down kilnpgdata --volumes --yes", in: root)
      _ = try UpWorkspace.up("kilnpgdata", in: root)
      try sh("kiln restore kilnpgdata 1.tar --yes", in: root, environment: environment)
      #expect(try sh(#"\#(ask) "SELECT id, name FROM t ORDER BY id""#, in: root).output == "1|a\tb\n2|ü\n")
      let owner = #"SELECT tableowner FROM pg_tables WHERE tablename = 't'"#
      #expect(try sh(#"\#(ask) "\#(owner)""#, in: root).output == "shop\n")
      try backup("kilnpgdata", "3.tar", in: root)
      try sh("cmp 1.tar 3.tar", in: root)
    }
  }

  /// A database that the spec does not name has no dump: its files are carried while it is stopped.
  @Test func aServiceWithoutADumpIsItsFiles() throws {
    let spec = "runtime: {base: debian-12}\nservices: {mariadb: {from: packages}}\n"
    try workspace("kilnfiles", spec) { root in
      _ = try UpWorkspace.up("kilnfiles", in: root)
      let ask = "kiln exec kilnfiles mariadb --user root -- mariadb -N -e"
      try sh("\(ask) 'CREATE DATABASE x; CREATE TABLE x.t (a INT); INSERT INTO x.t VALUES (42)'", in: root)
      let saved = try sh("kiln backup kilnfiles mariadb --output 1.tar", in: root)
      #expect(saved.error.contains("mariadb has no dump: it is stopped while its files are read"))
      try sh("\(ask) 'DROP DATABASE x'; kiln restore kilnfiles 1.tar --yes", in: root)
      #expect(try sh("\(ask) 'SELECT a FROM x.t'", in: root).output == "42\n")
    }
  }
}
