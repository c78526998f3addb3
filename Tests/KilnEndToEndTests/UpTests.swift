import Foundation
import Testing

/// Environments on this machine: a page that reads a row from MariaDB and counts in Redis.
@Suite(.enabled(if: EndToEnd.isRequested, EndToEnd.skipped), .serialized)
struct UpTests {
  private let environment = UpWorkspace.environment

  private func workspace(_ body: (URL) throws -> Void) throws { try UpWorkspace.run(body) }

  private func up(_ customer: String, _ flags: String = "", in root: URL) throws -> String {
    try UpWorkspace.up(customer, flags, in: root)
  }

  private func page(_ url: String) throws -> String { try UpWorkspace.page(url) }

  @Test func twoCustomersLiveSideBySideAndKeepTheirData() throws {
    try workspace { root in
      // All that is missing at once, and nothing started.
      let missing = try sh("kiln up kilnacme", in: root, expecting: nil)
      #expect(missing.status == 1 && missing.error.contains("the variable ACME_DB_PASSWORD is not set"))

      let acme = try up("kilnacme", in: root)
      #expect(try page(acme) == "kilnacme $5 1")
      #expect(try page(acme) == "kilnacme $5 2")
      let globex = try up("kilnglobex", in: root)
      #expect(try page(globex) == "kilnglobex $5 1" && acme != globex)
      // A secret is a file, and a variable where the spec says so; the container's configuration has neither.
      #expect(try page(acme + "variable.php") == "no variable")
      #expect(try page(globex + "variable.php") == "the same")
      let inspected = try sh(
        "docker inspect kilnglobex-app-1 | grep -c -F \"$GLOBEX_DB_PASSWORD\"", in: root, environment: environment,
        expecting: nil)
      #expect(inspected.output == "0\n")
      // Neither sees the other: names and networks are each one's own.
      let other = try sh("kiln exec kilnglobex -- getent hosts kilnacme-mariadb-1", in: root, expecting: nil)
      #expect(other.status != 0)
      let networks = try sh("docker network ls --format '{{.Name}}' | grep -c '^kiln\\(acme\\|globex\\)_'", in: root)
      #expect(networks.output == "2\n")
      #expect(try sh("kiln status kilnacme", in: root).output.contains("mariadb: running, healthy"))
      // The app's port alone, and only to this machine.
      let ports = try sh("docker ps --filter name=kilnacme --format '{{.Ports}}' | grep -o '[^ ,]*->[^ ,]*'", in: root)
      #expect(ports.output.hasPrefix("127.0.0.1:") && ports.output.split(separator: "\n").count == 1)

      // What the spec allows it to use.
      let limits = try sh(
        "docker inspect -f '{{.HostConfig.NanoCpus}} {{.HostConfig.Memory}}' kilnacme-app-1 kilnacme-redis-1", in: root)
      #expect(limits.output == "500000000 268435456\n0 67108864\n")
      // Up again, unchanged.
      let again = try sh("kiln up kilnacme", in: root, environment: environment)
      #expect(again.error.contains("kilnacme was up already; nothing was replaced"))

      // No secret where it could be read without asking the container.
      let traces = try sh(
        """
        docker inspect $(docker ps -aq --filter name=kilnacme) $(docker images -q 'kilnacme/*') > traces
        for i in $(docker images -q 'kilnacme/*'); do docker history --no-trunc $i; docker save $i; done >> traces
        ps axeww -o args | grep -v ACME_DB_PASSWORD= >> traces
        cat generated/kilnacme/compose.yaml dist/kilnacme/compose.yaml up.log >> traces; kiln logs kilnacme >> traces 2>&1
        grep -c -a -F "$ACME_DB_PASSWORD" traces
        """, in: root, environment: environment, expecting: nil)
      #expect(traces.output == "0\n", "\(traces.error.suffix(500))")

      try sh("kiln down kilnacme", in: root)
      #expect(try page(globex) == "kilnglobex $5 2")
      // Under the address that it had.
      let back = try up("kilnacme", in: root)
      #expect(try page(back) == "kilnacme $5 3" && back == acme)

      try sh("kiln down kilnacme --volumes --yes && kiln down kilnglobex --volumes --yes", in: root)
      let left = try sh(
        "docker ps -aq --filter name=kilnacme; docker network ls -q --filter name=kilnacme; docker volume ls -q --filter name=kilnacme",
        in: root)
      #expect(left.output.isEmpty)
    }
  }

  @Test func composeGivesTheFileBackUnchanged() throws {
    try workspace { root in
      let variables = [
        "KILN_TAG_APP": "0123456789ab", "KILN_PORT_APP": "8080", "KILN_SECRETS": "/run/kiln", "KILN_WORKSPACE": "w",
        "COMPOSE_PROJECT_NAME": "other",
      ]
      let difference = try sh(
        """
        docker compose -f generated/kilnacme/compose.yaml config > given-back.yaml
        python3 -c '
        import os, re, sys, yaml
        text = open(sys.argv[1]).read().replace("name: kilnacme\\n", "name: other\\n", 1)
        one = yaml.safe_load(re.sub(r"(?<![$])[$][{](\\w+)[^}]*[}]", lambda m: os.environ[m[1]], text))
        other = yaml.safe_load(open(sys.argv[2]))
        sys.exit(0 if one == other else "%r\\n%r" % (one, other))' generated/kilnacme/compose.yaml given-back.yaml
        """, in: root, environment: environment.merging(variables) { $1 }, expecting: nil)
      #expect(difference.status == 0, "\(difference.error)")
    }
  }

  @Test func verifyHoldsWhatRunsToTheSpec() throws {
    try workspace { root in
      _ = try up("kilnacme", in: root)
      let well = try sh("kiln verify kilnacme --junit report.xml --format json > report.json", in: root, expecting: nil)
      let report = try sh("cat report.json", in: root).output
      #expect(well.status == 0, "\(report.suffix(3000))\(well.error)")
      let names = try sh("jq -r '.checks[] | .container + \" \" + .name' report.json", in: root).output
      for name in [
        "app HTTP: http://127.0.0.1:80/nowhere: status", "app HTTP: http://127.0.0.1:80/health.php: Body",
        "app Addr: tcp://mariadb:3306: reachable", "redis Package: redis-server: installed",
        "mariadb File: /etc/mysql/mariadb.conf.d/zz-kiln.cnf: sha256", "redis Command: redis-cli ping: exit-status",
      ] {
        #expect(names.contains(name), "\(name)")
      }
      let suites = try sh(
        """
        python3 -c '
        import xml.etree.ElementTree as e
        r = e.parse("report.xml").getroot()
        print(r.get("failures"), *sorted(s.get("name") for s in r))'
        """, in: root)
      #expect(suites.output == "0 kilnacme.app kilnacme.mariadb kilnacme.redis\n")
      // Nothing of it stays behind.
      #expect(try sh("kiln exec kilnacme -- ls /tmp", in: root).output.isEmpty)

      // A configuration that somebody changed by hand, and a page that is not what it should be.
      try sh(
        """
        docker exec --user 0 kilnacme-redis-1 sh -c 'echo "# by hand" >> /etc/redis/redis.conf'
        docker exec kilnacme-app-1 sh -c "echo '<?php echo \\"no\\";' > /var/www/app/health.php"
        sleep 3 # PHP looks at a file again after two seconds
        """, in: root)
      let broken = try sh("kiln verify kilnacme --junit report.xml", in: root, expecting: nil)
      #expect(broken.status == 1)
      #expect(broken.output.contains("failed: redis: File: /etc/redis/redis.conf: sha256"), "\(broken.output)")
      #expect(broken.output.contains("failed: app: HTTP: http://127.0.0.1:80/health.php: Body"))
      #expect(try sh("grep -c '<failure' report.xml", in: root).output == "2\n")
      // A service that stopped, and a spec that went on without the environment.
      try sh("docker stop kilnacme-redis-1", in: root)
      let stopped = try sh("kiln verify kilnacme", in: root, expecting: nil)
      #expect(stopped.status == 1 && stopped.output.contains("failed: redis: Container: running: it is exited"))
      #expect(stopped.output.contains("failed: app: Addr: tcp://redis:6379: reachable"))
      try sh("sed -i 's/max_connections: 50/max_connections: 51/' environments/kilnacme.yaml", in: root)
      let older = try sh("kiln verify kilnacme", in: root, expecting: nil)
      #expect(older.output.contains("failed: mariadb: Container: version: another version"))
      let replaced = try sh("kiln up kilnacme", in: root, environment: environment)
      #expect(
        replaced.error.contains(/kilnacme was up already; replaced: (app, )?mariadb\n/), "\(replaced.error.suffix(300))"
      )
    }
  }

  @Test func postgresMakesItsDatabaseWithoutTellingThePassword() throws {
    let folder = try TemporaryFolder()
    try sh("kiln init W && rm W/environments/*", in: folder.url)
    let root = folder.url.appending(path: "W")
    defer {
      _ = try? sh(
        "kiln down kilnpg --volumes --yes; docker rmi -f $(docker images -q 'kilnpg/*')", in: root, expecting: nil)
      folder.remove()
    }
    try """
    version: 1
    customer: kilnpg
    runtime: {base: debian-12}
    services: {postgresql: {from: packages, database: shop, user: shop, password: DB_PASSWORD}}
    secrets: {DB_PASSWORD: {env: ACME_DB_PASSWORD}}

    """.write(to: root.appending(path: "environments/kilnpg.yaml"), atomically: true, encoding: .utf8)
    let watched = try sh(
      """
      (while sleep 0.02; do ps axww -o args; done > processes) & watcher=$!
      kiln up kilnpg >up.log 2>&1 || code=$?
      kill $watcher; [ -z "${code:-}" ] || tail -20 up.log >&2
      kiln exec kilnpg postgresql -- bash -c \
        'PGPASSWORD=$(cat /run/secrets/KILN_PASSWORD) psql -h 127.0.0.1 -U shop -d shop -tAc "select 6 * 7"'
      grep -c -a -F "$ACME_DB_PASSWORD" processes
      """, in: root, environment: environment, expecting: nil)
    #expect(watched.output == "42\n0\n", "\(watched.error.suffix(1000))")
    #expect(try sh("kiln verify kilnpg", in: root).output.contains("postgresql"))
  }

  /// Whenever it is killed: the next start prepares again what was not ready, and the user can log in.
  @Test func aFirstStartThatIsKilledBeginsAgain() throws {
    let folder = try TemporaryFolder()
    try sh("kiln init W && rm W/environments/*", in: folder.url)
    let root = folder.url.appending(path: "W")
    defer {
      _ = try? sh(
        "kiln down kilnfirst --volumes --yes; docker rmi -f $(docker images -q 'kilnfirst/*')", in: root, expecting: nil
      )
      folder.remove()
    }
    try """
    version: 1
    customer: kilnfirst
    runtime: {base: debian-12}
    services:
      mariadb: {from: packages, database: shop, user: shop, password: DB_PASSWORD}
      postgresql: {from: packages, database: shop, user: shop, password: DB_PASSWORD}
    secrets: {DB_PASSWORD: {env: ACME_DB_PASSWORD}}

    """.write(to: root.appending(path: "environments/kilnfirst.yaml"), atomically: true, encoding: .utf8)
    try sh("kiln build kilnfirst -q", in: root, environment: environment)
    for delay in ["0.4", "1", "2"] {
      let killed = try sh(
        """
        kiln down kilnfirst --volumes --yes 2>/dev/null
        kiln up kilnfirst > up.log 2>&1 & up=$!
        for service in mariadb postgresql; do
          until docker inspect -f '{{.State.Running}}' kilnfirst-$service-1 2>/dev/null | grep -q true; do sleep 0.05; done
        done
        sleep \(delay); docker kill kilnfirst-mariadb-1 kilnfirst-postgresql-1 >/dev/null
        wait $up || true
        kiln up kilnfirst > up.log 2>&1 || { tail -20 up.log >&2; exit 1; }
        kiln exec kilnfirst mariadb -- bash -c \
          'MYSQL_PWD=$(cat /run/secrets/KILN_PASSWORD) mariadb -h 127.0.0.1 -u shop shop -Ne "select 6 * 7"'
        kiln exec kilnfirst postgresql -- bash -c \
          'PGPASSWORD=$(cat /run/secrets/KILN_PASSWORD) psql -h 127.0.0.1 -U shop -d shop -tAc "select 6 * 7"'
        """, in: root, environment: environment, expecting: nil)
      #expect(killed.output == "42\n42\n", "killed after \(delay) s: \(killed.error.suffix(1000))")
    }
  }

  @Test func whatIsWrongIsToldAndDownCleansIt() throws {
    try workspace { root in
      // A port that is taken: another one, and told.
      let taken = try sh(
        """
        python3 -c '
        import http.server
        server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
        print(server.server_port, file=open("taken", "w"), flush=True)
        server.serve_forever()' >/dev/null 2>&1 & server=$!
        until [ -s taken ]; do sleep 0.2; done
        code=0; kiln up kilnacme --port "$(cat taken)" || code=$?
        kill $server; wait $server 2>/dev/null || true
        exit $code
        """, in: root, environment: environment, expecting: nil)
      let port = try sh("cat taken", in: root).output.trimmingCharacters(in: .whitespacesAndNewlines)
      #expect(
        taken.status == 1 && taken.error.contains("port \(port) of this machine is in use by another program"),
        "\(taken.error.suffix(500))")
      // The same port again is the environment's own.
      let own = try sh(
        "kiln up kilnacme --port \(port) && kiln up kilnacme --port \(port)", in: root, environment: environment)
      #expect(own.output == "http://127.0.0.1:\(port)/\nhttp://127.0.0.1:\(port)/\n")
      // No engine, and one that this account may not use.
      let down = try sh(
        "DOCKER_HOST=unix:///nowhere/docker.sock kiln up kilnacme", in: root, environment: environment, expecting: nil)
      #expect(down.status == 1 && down.error.contains("the engine is down"), "\(down.error)")
      // Less memory than a service needs.
      let small = try sh(
        """
        sed -i 's/mariadb: {from/mariadb: {limits: {memory: 40Mi}, from/' environments/kilnacme.yaml
        code=0; kiln up kilnacme --timeout 20 || code=$?
        sed -i 's/limits: {memory: 40Mi}, //' environments/kilnacme.yaml; exit $code
        """, in: root, environment: environment, expecting: nil)
      #expect(
        small.status == 1 && small.error.contains("its limit of 40 MiB: raise limits.memory of mariadb"),
        "\(small.error.suffix(800))")
      // A service that never becomes well.
      try sh("echo '<?php http_response_code(500); error_log(\"broken on purpose\");' > apps/shop/health.php", in: root)
      let ill = try sh("kiln up kilnacme --timeout 45", in: root, environment: environment, expecting: nil)
      #expect(
        ill.status == 1 && ill.error.contains("app did not become healthy within 45 s: running, ")
          && ill.error.contains("broken on purpose"),
        "\(ill.error.suffix(800))")
      // Killed at any moment, `down` leaves nothing but what it promises.
      for delay in ["0.3", "1.5", "4"] {
        try sh(
          """
          setsid kiln up kilnglobex >/dev/null 2>&1 & pid=$!
          sleep \(delay); kill -9 $pid 2>/dev/null || true; sleep 1
          kiln down kilnglobex --volumes --yes
          test -z "$(docker ps -aq --filter name=kilnglobex)$(docker network ls -q --filter name=kilnglobex)"
          """, in: root, environment: environment)
      }
    }
  }
}
