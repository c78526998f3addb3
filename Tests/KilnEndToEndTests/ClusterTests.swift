import Foundation
import Testing

/// A LAMP customer in a real cluster: `KUBECONFIG` leads to it, and its nodes pull from the registry at 127.0.0.1:5000.
@Suite(.enabled(if: EndToEnd.isRequested && EndToEnd.cluster != nil, "no cluster: KUBECONFIG is not set"), .serialized)
struct ClusterTests {
  /// 10 kB.
  private static let long = String(repeating: "0123 $(x) '\u{e9}'; ", count: 640)
  private static let canary = #"canary-5f2b9c1d '$x""#
  private let environment = ["KILNCLUSTER_DB_PASSWORD": Self.canary, "KILN_DEPLOYER": "kim"]

  private func workspace(_ body: (URL) throws -> Void) throws {
    let folder = try TemporaryFolder()
    try sh("kiln init W && rm -r W/environments/* W/apps/hello && mkdir -p W/apps/shop/bin", in: folder.url)
    let root = folder.url.appending(path: "W")
    // Of a run that was killed.
    try sh("kubectl delete namespace kilncluster kilncluster-qa --ignore-not-found --wait=true", in: root)
    defer {
      _ = try? sh(
        """
        kubectl delete namespace kilncluster kilncluster-qa --wait=true
        docker rmi -f $(docker images -q '127.0.0.1:5000/kilncluster/*')
        """, in: root, expecting: nil)
      folder.remove()
    }
    try """
    version: 1
    registry: 127.0.0.1:5000
    clusters: {test: {context: \(EndToEnd.cluster ?? "")}}

    """.write(to: root.appending(path: "kiln.yaml"), atomically: true, encoding: .utf8)
    try #"""
    version: 1
    customer: kilncluster
    runtime: {base: debian-12, components: {apache: {}, php: {extensions: [mysql, redis]}}}
    app:
      source: ../apps/shop
      port: 80
      health: /health.php
      checks: [{path: /, content: row}]
      environment:
        APP_ENV: production
        H_DOLLAR: "$(PATH) $$x ${HOME} {{ y }}"
        H_LINES: "line 1\nline 2"
        H_NO: "n"
        H_HEX: 0x1f
        H_EXPONENT: 1e3
        H_LONG: "\#(Self.long)"
      limits: {memory: 128Mi}
      volumes: {uploads: {path: /var/www/app/uploads, storage: 100Mi}}
      workers: {queue: {command: [php, bin/worker.php]}}
      jobs:
        migrate: {command: [php, bin/migrate.php], run: before-deploy}
        digest: {command: [php, -r, "echo 1;"], schedule: "* * * * *"}
    services:
      mariadb: {from: packages, database: shop, user: shop, password: DB_PASSWORD, storage: 500Mi}
      redis: {from: packages, storage: 100Mi}
    secrets: {DB_PASSWORD: {env: KILNCLUSTER_DB_PASSWORD}}
    deploy: {kubernetes: {}}
    stages:
      qa: {app: {environment: {APP_ENV: qa}}}
      production: {after: qa, approval: true, kubernetes: {namespace: kilncluster}}

    """#.write(to: root.appending(path: "environments/kilncluster.yaml"), atomically: true, encoding: .utf8)
    try sh(
      #"""
      cd apps/shop
      echo '<?php echo "ok";' > health.php
      cat > connect.php <<'END'
      <?php
      function connect() {
        return new PDO("mysql:host=mariadb;dbname=shop", "shop", file_get_contents("/run/secrets/DB_PASSWORD"));
      }
      END
      cat > index.php <<'END'
      <?php
      require "connect.php";
      $redis = new Redis();
      $redis->connect("redis");
      echo getenv("APP_ENV"), " ", connect()->query("SELECT name FROM t")->fetchColumn(), " ", $redis->incr("counter");
      END
      cat > values.php <<'END'
      <?php echo json_encode(array_filter(getenv(), fn($key) => str_starts_with($key, "H_"), ARRAY_FILTER_USE_KEY));
      END
      cat > push.php <<'END'
      <?php
      $redis = new Redis();
      $redis->connect("redis");
      $redis->lPush("jobs", "done");
      END
      cat > bin/migrate.php <<'END'
      <?php
      require __DIR__ . "/../connect.php";
      connect()->exec("CREATE TABLE IF NOT EXISTS t (name VARCHAR(40))");
      if (!connect()->query("SELECT COUNT(*) FROM t")->fetchColumn()) connect()->exec("INSERT INTO t VALUES ('row')");
      END
      cat > bin/worker.php <<'END'
      <?php
      while (true) {
        $redis = new Redis();
        $redis->connect("redis");
        if ($job = $redis->brPop(["jobs"], 5)) touch("/var/www/app/uploads/" . $job[1]);
      }
      END
      cd ../.. && kiln check -q && kiln generate -q && git init -q . && git add -A
      git -c user.name=Kim -c user.email=kim@example.com commit -qm 'The first version'
      """#, in: root)
    try body(root)
  }

  @discardableResult
  private func kiln(_ command: String, in root: URL, expecting status: Int32? = 0) throws -> ShellResult {
    try sh("kiln \(command)", in: root, environment: environment, expecting: status)
  }

  private func commit(_ author: String, _ subject: String, in root: URL) throws {
    try sh("git add -A; git -c user.name=\(author) -c user.email=a@example.com commit -qm '\(subject)'", in: root)
  }

  private func page(_ path: String, _ namespace: String, in root: URL) throws -> String {
    try sh(
      "curl -fsS http://$(kubectl -n \(namespace) get service app -o jsonpath='{.spec.clusterIP}')\(path)", in: root
    )
    .output
  }

  /// Name and restarts of all pods that stay.
  private func pods(_ namespace: String, in root: URL) throws -> String {
    try sh(
      #"""
      kubectl -n \#(namespace) get pods -l 'app.kubernetes.io/component in (app,worker,service)' -o go-template='
      {{- range .items}}{{if not .metadata.deletionTimestamp}}{{.metadata.name}}
      {{- range .status.containerStatuses}} {{.restartCount}}{{end}}{{"\n"}}{{end}}{{end}}'
      """#, in: root
    ).output
  }

  @Test func aReleaseGoesFromStageToStage() throws {
    try workspace { root in
      let qa = "kilncluster-qa"
      try kiln("deploy kilncluster --stage qa -q", in: root)
      #expect(try page("/", qa, in: root) == "qa row 2")
      let values = try page("/values.php", qa, in: root)
      let read = try JSONDecoder().decode([String: String].self, from: Data(values.utf8))
      #expect(
        read == [
          "H_DOLLAR": "$(PATH) $$x ${HOME} {{ y }}", "H_LINES": "line 1\nline 2", "H_NO": "n", "H_HEX": "0x1f",
          "H_EXPONENT": "1e3", "H_LONG": Self.long,
        ])
      _ = try page("/push.php", qa, in: root)
      try sh(
        "for i in $(seq 30); do kubectl -n \(qa) exec deploy/app -- test -e uploads/done && exit; sleep 1; done; exit 1",
        in: root)

      // Again: nothing changes, and nothing restarts.
      let before = try pods(qa, in: root)
      #expect(try kiln("deploy kilncluster --stage qa", in: root).output == "kilncluster in qa: release 1, unchanged\n")
      #expect(try pods(qa, in: root) == before)
      #expect(try kiln("deploy kilncluster --stage qa --diff", in: root).output == "nothing would change\n")

      // Production takes what has passed, and asks for an approval.
      let early = try kiln("promote kilncluster --from qa --to production", in: root, expecting: 1)
      #expect(early.error.contains("needs an approval"))
      try kiln("promote kilncluster --from qa --to production --approve 'CHG-1' -q", in: root)
      #expect(try page("/", "kilncluster", in: root) == "production row 2")
      let digests = try [qa, "kilncluster"].map { namespace in
        try sh(
          "kubectl -n \(namespace) get pods -l app.kubernetes.io/component=app -o jsonpath='{.items[*].status.containerStatuses[*].imageID}'",
          in: root
        ).output
      }
      #expect(digests[0] == digests[1] && digests[0].contains("@sha256:"))
      #expect(
        try kiln("history kilncluster --stage production", in: root).output.contains(
          "from qa 1  approved by kim: CHG-1"))
      // What is promoted is of the commit of its images.
      let commits = try ["qa", "production"].map { stage in
        try sh(
          "kiln history kilncluster --stage \(stage) --format json | grep -m 1 -o '\"commit\": *[^,]*' || true",
          in: root
        ).output
      }
      #expect(commits[0] == commits[1], "\(commits)")

      try aBrokenVersionComesBack(in: root, qa)
      try nothingSecretIsAnywhere(in: root, qa)
    }
  }

  /// The old one answers all the while, whoever changed what is named, and `rollback` goes further back.
  private func aBrokenVersionComesBack(in root: URL, _ qa: String) throws {
    try sh("sed -i 's/, \" \", $redis/, \" two \", $redis/' apps/shop/index.php", in: root)
    try commit("Kim", "Two", in: root)
    let asked = try sh(
      """
      ip=$(kubectl -n \(qa) get service app -o jsonpath='{.spec.clusterIP}')
      (while [ ! -e stop ]; do curl -fsS -m 5 http://$ip/health.php >/dev/null && echo ok || echo lost; done > asked) &
      kiln deploy kilncluster --stage qa -q; code=$?; sleep 8; touch stop; wait; grep -c ok asked; grep -c lost asked || true; exit $code
      """, in: root, environment: environment, expecting: nil)
    let counts = asked.output.split(separator: "\n").suffix(2).compactMap { Int($0) }
    #expect(
      counts.count == 2 && counts[0] > 50 && counts[1] == 0, "\(asked.output)\(asked.error)")
    #expect(try page("/", qa, in: root).hasPrefix("qa row two "))

    try sh("echo '<?php http_response_code(500);' > apps/shop/health.php", in: root)
    try commit("Ann", "Break it", in: root)
    let broken = try kiln("deploy kilncluster --stage qa --timeout 25", in: root, expecting: 1)
    #expect(
      broken.error.contains("release 2 is back and runs") && broken.error.contains("Ann: Break it"), "\(broken.error)")
    #expect(try page("/", qa, in: root).hasPrefix("qa row two "))

    try sh(
      "git revert --no-edit HEAD -q 2>/dev/null || git revert --no-edit HEAD; echo '<?php exit(1);' > apps/shop/bin/migrate.php",
      in: root)
    try commit("Ann", "Break the migration", in: root)
    let before = try pods(qa, in: root)
    #expect(try kiln("deploy kilncluster --stage qa", in: root, expecting: 1).error.contains("app-migrate"))
    #expect(try pods(qa, in: root) == before)

    try kiln("rollback kilncluster --stage qa --to 1 -q", in: root)
    #expect(try page("/", qa, in: root).hasPrefix("qa row "))
    let history = try kiln("history kilncluster --stage qa --format json", in: root).output
    #expect(history.contains("rolled-back") && history.contains("\"origin\": \"1\""), "\(history)")
  }

  private func nothingSecretIsAnywhere(in root: URL, _ qa: String) throws {
    let found = try sh(
      """
      for n in \(qa) kilncluster; do kubectl -n $n get all,configmaps,events,leases -o yaml; done > seen
      grep -r canary generated dist >> seen 2>/dev/null || true
      grep -c canary-5f2b9c1d seen
      """, in: root, expecting: nil)
    #expect(found.output == "0\n")
    let lease = try sh(
      "kubectl -n \(qa) get lease kiln-deploy -o jsonpath='{.spec.holderIdentity}'", in: root, expecting: nil)
    #expect(lease.output.isEmpty)
  }

  /// Killed at any moment: the next deployment converges.
  @Test func whoWasKilledIsFollowedUp() throws {
    try workspace { root in
      try kiln("deploy kilncluster --stage qa -q", in: root)
      for (index, delay) in ["0.6", "2", "5", "9"].enumerated() {
        try sh("echo '<?php echo \"ok \(index)\";' > apps/shop/health.php", in: root)
        try sh(
          "kiln deploy kilncluster --stage qa -q & sleep \(delay); kill -9 $! 2>/dev/null; wait $! || true", in: root,
          environment: environment, expecting: nil)
      }
      try kiln("deploy kilncluster --stage qa -q", in: root)
      #expect(try page("/health.php", "kilncluster-qa", in: root) == "ok 3")
      #expect(try kiln("deploy kilncluster --stage qa", in: root).output.hasSuffix(", unchanged\n"))
    }
  }
}
