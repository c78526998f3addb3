import Foundation
import Testing

/// Containers that are stopped while they are asked without a pause: no request is lost, and the server ends by itself.
@Suite(.enabled(if: EndToEnd.isRequested, EndToEnd.skipped), .serialized)
struct StopTests {
  /// A web server as a customer's components, and what it is asked for.
  struct Server: Sendable, CustomTestStringConvertible {
    let name: String
    let components: String
    /// `/slow.php` takes its time; `/large.txt` is more than a connection holds.
    let path: String
    var customer: String { "kilnstop\(name)" }
    var testDescription: String { name }
  }

  static let servers: [Server] = [
    .init(name: "apache", components: "{apache: {}}", path: "/large.txt"),
    .init(name: "php", components: "{apache: {}, php: {}}", path: "/slow.php"),
    .init(name: "nginx", components: "{nginx: {}}", path: "/large.txt"),
    .init(name: "fpm", components: "{nginx: {}, php-fpm: {}}", path: "/slow.php"),
    .init(name: "fpmlarge", components: "{nginx: {}, php-fpm: {}}", path: "/large.txt"),
  ]

  /// What a container may take to stop.
  private static let seconds = 2.0
  private static let load = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Load")

  private struct Outcome: Decodable {
    let answered: Int
    let lost: [String]
    let seconds: Double
  }

  private func workspace(_ customer: String, _ spec: String, _ body: (URL) throws -> Void) throws {
    let folder = try TemporaryFolder()
    try sh("kiln init W && rm -r W/environments/* W/apps/hello && mkdir W/apps/shop", in: folder.url)
    let root = folder.url.appending(path: "W")
    defer {
      _ = try? sh(
        "kiln down \(customer) --volumes --yes; docker rmi -f $(docker images -q '\(customer)/*')", in: root,
        expecting: nil)
      folder.remove()
    }
    try "version: 1\ncustomer: \(customer)\n\(spec)".write(
      to: root.appending(path: "environments/\(customer).yaml"), atomically: true, encoding: .utf8)
    try sh(
      """
      echo ok > apps/shop/health.txt
      { head -c 3000000 /dev/zero | tr '\\0' x; echo done; } > apps/shop/large.txt
      cat > apps/shop/slow.php <<'END'
      <?php
      file_put_contents("/tmp/accepted", $_GET["id"] . "\\n", FILE_APPEND | LOCK_EX);
      usleep(500000);
      echo "done\\n";
      END
      cp '\(Self.load.path)/data.php' apps/shop/
      kiln check -q && kiln generate -q
      """, in: root)
    try body(root)
  }

  /// Asks while `command` runs, after the server has had the time to start as many workers as there are requests: what
  /// waits for one is refused when it stops.
  private func outcome(of command: String, asking server: String, _ path: String, in root: URL) throws -> Outcome {
    let output = try sh("python3 '\(Self.load.path)/pages.py' \(server) \(path) 8 \(command)", in: root).output
    return try JSONDecoder().decode(Outcome.self, from: Data(output.utf8))
  }

  private func expectGraceful(_ outcome: Outcome, _ container: String, in root: URL) throws {
    #expect(outcome.lost.isEmpty && outcome.answered >= 30, "\(outcome)")
    #expect(outcome.seconds < Self.seconds)
    #expect(try sh("docker inspect -f '{{.State.ExitCode}}' \(container)", in: root).output == "0\n")
  }

  private func address(_ container: String, in root: URL) throws -> String {
    try sh("docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' \(container)", in: root)
      .output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  @Test(arguments: servers) func aWebServerAnswersWhatItAccepted(_ server: Server) throws {
    let customer = server.customer
    let spec = """
      runtime: {base: debian-12, components: \(server.components)}
      app: {source: ../apps/shop, port: 80, health: /health.txt}

      """
    try workspace(customer, spec) { root in
      _ = try UpWorkspace.up(customer, in: root)
      let container = "\(customer)-app-1"
      // The second time it starts from what the first left, as after the engine killed it.
      for end in ["stop", "kill", "stop"] {
        if end == "kill" {
          try sh("docker start \(container); sleep 2; docker kill \(container); docker start \(container)", in: root)
          continue
        }
        try sh("sleep 2; docker exec \(container) rm -f /tmp/accepted", in: root)
        let address = try address(container, in: root)
        let outcome = try outcome(of: "docker stop \(container)", asking: "\(address):80", server.path, in: root)
        try expectGraceful(outcome, container, in: root)
        let accepted =
          server.path == "/slow.php"
          ? "docker cp -q \(container):/tmp/accepted - | tar -xO"
          : "docker logs \(container) 2>&1 | grep -o 'id=[0-9-]*' | cut -c4-"
        let unanswered = try sh(
          "\(accepted) | sort -u > accepted; wc -l < accepted; comm -23 accepted <(sort answered)", in: root)
        let lines = unanswered.output.split(separator: "\n").map(String.init)
        #expect(Int(lines[0]) ?? 0 >= 30 && lines.count == 1, "accepted and not answered: \(lines)")
      }
    }
  }

  /// Behind no web server: asked by its own protocol.
  @Test func phpFPMAnswersWhatItAccepted() throws {
    let spec = "runtime: {base: debian-12, components: {php-fpm: {}}}\napp: {source: ../apps/shop}\n"
    try workspace("kilnstopphpfpm", spec) { root in
      let container = "kiln-e2e-stop-fpm"
      defer { _ = try? sh("docker rm -f \(container)", in: root, expecting: nil) }
      try sh(
        """
        kiln build kilnstopphpfpm --image app -q > images.txt
        docker run -d --name \(container) -v "$PWD/run:/run/php" "$(awk '/kilnstopphpfpm.app/ {print $1}' images.txt)"
        until [ -S run/kiln.sock ]; do sleep 0.2; done
        docker exec \(container) chmod 0666 /run/php/kiln.sock
        """, in: root)
      let outcome = try outcome(
        of: "docker stop \(container)", asking: "unix:run/kiln.sock", "/var/www/app/slow.php", in: root)
      try expectGraceful(outcome, container, in: root)
      let unanswered = try sh(
        "docker cp -q \(container):/tmp/accepted - | tar -xO | sort | comm -23 - <(sort answered)", in: root)
      #expect(unanswered.output.isEmpty, "accepted and not answered: \(unanswered.output)")
    }
  }

  private func dataService(_ name: String, _ use: String, extensions: String) throws {
    let customer = "kilnstop\(name)"
    let spec = """
      runtime: {base: debian-12, components: {php: {extensions: [\(extensions)]}}}
      app: {source: ../apps/shop, port: 80, health: /health.txt}
      services: {\(name): \(use)}
      secrets: {DB_PASSWORD: {env: ACME_DB_PASSWORD}}

      """
    try workspace(customer, spec) { root in
      _ = try UpWorkspace.up(customer, in: root)
      let container = "\(customer)-\(name)-1"
      let script = "docker exec \(customer)-app-1 php /var/www/app/data.php \(name)"
      let result = try sh(
        """
        \(script) prepare
        for i in 1 2 3 4; do \(script) write /tmp/written & done
        sleep 3; begun=$EPOCHREALTIME; docker stop \(container) >/dev/null; ended=$EPOCHREALTIME; wait
        docker inspect -f '{{.State.ExitCode}}' \(container)
        echo $((${ended/./} - ${begun/./}))
        docker exec \(customer)-app-1 sh -c 'wc -l < /tmp/written'
        docker start \(container) >/dev/null
        for i in $(seq 30); do \(script) missing /tmp/written 2>/dev/null && break; sleep 1; done
        """, in: root)
      let lines = result.output.split(separator: "\n").compactMap { Int($0) }
      try #require(lines.count == 4, "\(result.output)\(result.error.suffix(500))")
      #expect(lines[0] == 0, "the exit code")
      #expect(lines[1] < Int(Self.seconds * 1e6), "microseconds")
      #expect(lines[2] > 100, "too little was written to show anything")
      #expect(lines[3] == 0, "what was acknowledged and is not there")
    }
  }

  private static let access = "database: shop, user: shop, password: DB_PASSWORD"

  /// A write that was acknowledged is there when the service is back.
  @Test(arguments: ["mariadb", "postgresql", "redis"]) func aServiceFromPackagesKeepsWhatItAcknowledged(_ name: String)
    throws
  {
    let access = name == "redis" ? "" : ", \(Self.access)"
    try dataService(name, "{from: packages\(access)}", extensions: "mysql, pgsql, redis")
  }

  @Test(.enabled(if: EndToEnd.hasImage("mysql:8.4"), "the engine has no image mysql:8.4"))
  func mysqlKeepsWhatItAcknowledged() throws {
    try dataService("mysql", "{version: \"8.4\", \(Self.access)}", extensions: "mysql, pgsql, redis")
  }

  @Test(.enabled(if: EndToEnd.hasImage("mongo:7.0"), "the engine has no image mongo:7.0"))
  func mongodbKeepsWhatItAcknowledged() throws {
    try dataService("mongodb", "{version: \"7.0\"}", extensions: "mongodb")
  }

  /// The app stops before the services that it asks.
  @Test func anEnvironmentThatIsTakenDownLosesNoRequest() throws {
    let spec = """
      runtime: {base: debian-12, components: {php: {extensions: [mysql, pgsql, redis]}}}
      app: {source: ../apps/shop, port: 80, health: /health.txt}
      services: {mariadb: {from: packages, \(Self.access)}, redis: {from: packages}}
      secrets: {DB_PASSWORD: {env: ACME_DB_PASSWORD}}

      """
    try workspace("kilnstopall", spec) { root in
      try #"""
      <?php
      $db = new PDO("mysql:host=mariadb;dbname=shop", "shop", file_get_contents("/run/secrets/DB_PASSWORD"));
      $redis = new Redis();
      $redis->connect("redis");
      for ($i = 0; $i < 5; $i++) { $db->query("SELECT SLEEP(0.1)"); $redis->incr("asked"); }
      echo "done\n";
      """#.write(to: root.appending(path: "apps/shop/all.php"), atomically: true, encoding: .utf8)
      _ = try UpWorkspace.up("kilnstopall", in: root)
      let address = try address("kilnstopall-app-1", in: root)
      let outcome = try outcome(of: "kiln down kilnstopall", asking: "\(address):80", "/all.php", in: root)
      #expect(outcome.lost.isEmpty && outcome.answered >= 30, "\(outcome)")
    }
  }

  /// A component or service that is new in the catalog has its place above.
  @Test func everyServerOfTheCatalogIsStoppedHere() throws {
    let root = Self.load.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let found = try sh(
      """
      cd templates/components; grep -l '^ *- service:.*command:' *.yaml | sed 's/.yaml$//'; cd ../services; ls | sed 's/.yaml$//'
      """, in: root)
    #expect(
      Set(found.output.split(separator: "\n")) == [
        "apache", "nginx", "php-fpm", "mariadb", "mongodb", "mysql", "postgresql", "redis",
      ])
  }
}
