import Foundation
import Testing

/// `kiln test`: an environment of its own for tests, what they leave, and that nothing of it stays.
@Suite(.enabled(if: EndToEnd.isRequested, EndToEnd.skipped), .serialized)
struct TestRunTests {
  private static let secret = "t0ken $x \"y\""

  /// Two customers with a page, a helper that stands for another service, and three tests.
  private func run(_ body: (URL) throws -> Void) throws {
    let folder = try TemporaryFolder()
    try sh("kiln init W && rm W/environments/*", in: folder.url)
    let root = folder.url.appending(path: "W")
    defer {
      _ = try? sh(
        "for c in kilnta kilntb; do docker rmi -f $(docker images -q \"$c/*\"); done", in: root, expecting: nil)
      folder.remove()
    }
    for name in ["smoke", "broken", "slow", "mock"] {
      try FileManager.default.createDirectory(
        at: root.appending(path: "tests/\(name)"), withIntermediateDirectories: true)
    }
    func write(_ path: String, _ text: String) throws {
      try text.write(to: root.appending(path: path), atomically: true, encoding: .utf8)
    }
    for customer in ["kilnta", "kilntb"] {
      try write(
        "environments/\(customer).yaml",
        """
        version: 1
        customer: \(customer)
        runtime: {base: debian-12, components: {apache: {}, php: {extensions: [redis]}}}
        app:
          source: ../apps/hello
          port: 80
          health: /health.php
          environment: {APP_NAME: \(customer)}
          secrets: []
        services: {redis: {from: packages}}
        secrets: {TOKEN: {env: KILN_TEST_TOKEN}}
        seed: {command: [php, -r, '$r = new Redis(); $r->connect("redis"); $r->set("seed", "sown");']}
        helpers:
          mock: {source: ../tests/mock, command: [php, -S, "0.0.0.0:8080"], health: [php, -r, 'exit(@file("http://127.0.0.1:8080/") ? 0 : 1);']}
        tests:
          smoke: {source: ../tests/smoke, command: [php, t.php], needs: [mock], secrets: [TOKEN], reports: [reports/*.xml], artifacts: [shots]}
          broken: {source: ../tests/broken, command: [php, t.php], reports: [none/*.xml]}
          slow: {source: ../tests/slow, command: [sleep, "600"], timeout: 3s}

        """)
    }
    try write("tests/mock/index.html", "mocked")
    try write("tests/slow/readme", "sleeps")
    try write(
      "tests/broken/t.php",
      """
      <?php mkdir("none"); file_put_contents("none/a.xml", "<html>"); echo "the last words\\n"; exit(7);
      """)
    try write(
      "tests/smoke/t.php",
      #"""
      <?php
      mkdir("reports"); mkdir("shots"); symlink("/etc/passwd", "shots/link");
      $page = file_get_contents(getenv("KILN_URL") . "/");
      file_put_contents("shots/page.txt", $page);
      $token = file_get_contents("/run/secrets/TOKEN");
      echo "the token is $token\n";
      $redis = new Redis(); $redis->connect("redis");
      $checks = ["page" => str_contains($page, "Hello from " . getenv("KILN_CUSTOMER")), "mock" => file_get_contents("http://mock:8080/") === "mocked",
        "seed" => $redis->get("seed") === "sown", "token" => strlen($token) > 5];
      $cases = "";
      foreach ($checks as $name => $is) $cases .= "<testcase name=\"$name\">" . ($is ? "" : "<failure/>") . "</testcase>";
      file_put_contents("reports/a.xml", "<testsuite>$cases</testsuite>");
      exit(in_array(false, $checks) ? 1 : 0);

      """#)
    try sh("kiln check && kiln generate -q", in: root)
    try body(root)
  }

  private let environment = ["KILN_TEST_TOKEN": Self.secret]

  /// Nothing of the tests is on the engine, and no secret in memory.
  private func expectNothing(in root: URL) throws {
    let left = try sh(
      """
      docker ps -a --format '{{.Names}}' | grep -e '^kilnt[ab]-test-' || true
      docker network ls --format '{{.Name}}' | grep -e '^kilnt[ab]-test-' || true
      docker volume ls -q | grep -e '^kilnt[ab]-test-' || true
      ls -d dist/kilnt?/tests/.runs/kilnt* 2>/dev/null || true
      grep -rlF '\(Self.secret)' /dev/shm/kiln-* dist 2>/dev/null || true
      """, in: root)
    #expect(left.output.isEmpty, "\(left.output)")
  }

  @Test func testsRunInAnEnvironmentOfTheirOwn() throws {
    try run { root in
      let result = try sh("kiln test kilnta --junit all.xml", in: root, environment: environment, expecting: 1)
      for line in [
        "smoke   passed      4       0", "failed: broken: exit code 7; its report none/a.xml is not JUnit's XML",
        "  the last words", "failed: slow: it did not end within 3s",
      ] { #expect(result.output.contains(line), "\(line)\n\(result.output)\n\(result.error.suffix(3000))") }
      #expect(
        try sh("find dist/kilnta/tests -type f -o -type l | grep -v .runs | sort", in: root).output
          == [
            "broken/none/a.xml", "broken/output.log", "logs/app.log", "logs/redis.log", "slow/output.log",
            "smoke/mock.log", "smoke/output.log", "smoke/reports/a.xml", "smoke/shots/page.txt",
          ].map { "dist/kilnta/tests/\($0)\n" }.joined())
      #expect(try sh("cat dist/kilnta/tests/smoke/output.log", in: root).output == "the token is ***\n")
      #expect(try sh("grep -c '<failure' all.xml", in: root).output == "2\n")
      try expectNothing(in: root)
    }
  }

  @Test func twoCustomersAtOnceAndOneKilled() throws {
    try run { root in
      let both = try sh(
        """
        kiln test kilnta --only smoke > a.out 2> a.err & a=$!
        kiln test kilntb --only smoke > b.out 2> b.err & b=$!
        wait $a || { cat a.out a.err >&2; exit 1; }
        wait $b || { cat b.out b.err >&2; exit 1; }
        cat a.out b.out | grep -c passed
        """, in: root, environment: environment)
      #expect(both.output == "2\n")
      try expectNothing(in: root)
      // In the middle; a Compose that it started goes on.
      let killed = try sh(
        """
        for c in kilnta kilntb; do
          kiln test $c --only smoke > k.out 2> k.err & pid=$!
          for i in $(seq 600); do docker ps --format '{{.Names}}' | grep -q "^$c-test-.*-redis" && break; sleep 0.1; done
          kill -9 $pid
        done
        docker ps -a --format '{{.Names}}' | grep -c -e '-test-.*-redis'
        kiln test kilnta --only smoke >&2; kiln test kilntb --only smoke >&2
        """, in: root, environment: environment)
      #expect(killed.output == "2\n")
      try expectNothing(in: root)
      let interrupted = try sh(
        """
        kiln test kilnta --only smoke > k.out 2> k.err & pid=$!
        for i in $(seq 600); do docker ps --format '{{.Names}}' | grep -q '^kilnta-test-.*-redis' && break; sleep 0.1; done
        kill -INT $pid; code=0; wait $pid || code=$?; exit $code
        """, in: root, environment: environment, expecting: 130)
      #expect(interrupted.status == 130)
      try expectNothing(in: root)
    }
  }
}
