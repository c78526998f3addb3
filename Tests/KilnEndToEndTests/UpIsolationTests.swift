import Foundation
import Testing

/// What an environment on this machine keeps apart: containers from the machine and its sources, workspaces from each
/// other and from what is not Kiln's, accounts from secrets.
@Suite(.enabled(if: EndToEnd.isRequested, EndToEnd.skipped), .serialized)
struct UpIsolationTests {
  /// Waits until `condition` holds in the shell, for as long as the command of `pid` runs; the script's exit code says so.
  private func wait(_ condition: String, in root: URL) throws {
    let result = try sh(
      """
      for i in $(seq 900); do
        alive=; if kill -0 $(cat pid) 2>/dev/null; then alive=1; fi
        if \(condition); then exit 0; fi
        [ -n "$alive" ] || break
        sleep 0.2
      done; cat up.log >&2; exit 1
      """, in: root)
    try #require(result.status == 0)
  }

  @Test func editsShowAndTheContainerHasNothingOfTheMachine() throws {
    try UpWorkspace.run { root in
      try sh(
        """
        echo 'of the machine' > ../private; chmod 600 ../private
        ln -s "$(realpath ../private)" apps/shop/leak; ln -s /var/run apps/shop/run
        mkdir -p apps/shop/old/inner; echo '<?php echo "old";' > apps/shop/old/inner/a.php
        find apps -printf '%p %m %l\\n' | sort > before
        """, in: root)
      defer { _ = try? sh("kill -9 $(cat pid)", in: root, expecting: nil) }
      try sh(
        "kiln up kilnacme --mount > url 2> up.log & echo $! > pid", in: root, environment: UpWorkspace.environment)
      try wait("grep -q '^following ' up.log", in: root)
      let url = try sh("cat url", in: root).output.trimmingCharacters(in: .whitespacesAndNewlines)
      #expect(try UpWorkspace.page(url) == "kilnacme $5 1")

      // Edits, a new file, one that is gone, a folder that becomes a file.
      try sh("sed -i 's/^echo /echo \"edited \", /' apps/shop/index.php", in: root)
      try wait("curl -fs \(url) | grep -q '^edited '", in: root)
      try sh("mv apps/shop/old apps/shop/kept; echo '<?php echo \"new\";' > apps/shop/old", in: root)
      try wait("curl -fs \(url)kept/inner/a.php | grep -q old", in: root)
      try wait("! curl -fs -o /dev/null \(url)old/inner/a.php", in: root)
      try sh("rm -r apps/shop/kept apps/shop/old", in: root)
      try wait("! curl -fs -o /dev/null \(url)kept/inner/a.php", in: root)

      // A link is one of the container's; nothing of the machine is mounted but its own secrets, and those read-only.
      let leak = try sh("kiln exec kilnacme --user root -- cat leak", in: root, expecting: nil)
      #expect(leak.status != 0 && !leak.output.contains("of the machine"))
      let mounts = try sh(
        "docker inspect -f '{{range .Mounts}}{{.Type}} {{.RW}} {{.Destination}}{{println}}{{end}}' kilnacme-app-1",
        in: root)
      for line in mounts.output.split(separator: "\n") {
        #expect(line.hasPrefix("bind false /run/secrets/") || line.hasPrefix("bind false /run/kiln-mount/"), "\(line)")
      }
      // What the container writes stays there.
      try sh(
        """
        kiln exec kilnacme --user root -- sh -c 'echo x > index.php; echo x > brought; rm health.php; ln -sfn / apps'
        echo '<?php echo "again";' > apps/shop/again.php
        """, in: root)
      try wait("curl -fs \(url)again.php | grep -q again", in: root)
      try sh(
        """
        rm apps/shop/again.php; sed -i 's/"edited ", //' apps/shop/index.php
        find apps -printf '%p %m %l\\n' | grep -v /old | sort > after; grep -v /old before | diff - after
        grep -q counter apps/shop/index.php
        """, in: root)

      // One follows; Ctrl-C ends that, and the environment stays.
      let second = try sh("kiln up kilnacme --mount", in: root, environment: UpWorkspace.environment, expecting: nil)
      #expect(second.status == 1 && second.error.contains("follows the edits"), "\(second.error)")
      try sh("kill -INT $(cat pid)", in: root)
      try wait("grep -q '^kilnacme stays up' up.log", in: root)
      #expect(try sh("kiln status kilnacme", in: root).output.contains("app: running, healthy"))
    }
  }

  @Test func whatIsAnothersIsNeitherReplacedNorRemoved() throws {
    try UpWorkspace.run { root in
      // A Compose project of the customer's name that is not Kiln's.
      let foreign = try sh(
        """
        mkdir ../foreign; cd ../foreign
        runtime=$(cd ../W; kiln build kilnacme -q >/dev/null 2>&1; docker images -q 'kilnacme/redis' | head -1)
        cat > compose.yaml <<E
        services: {app: {image: $runtime, user: root, command: [sleep, "600"], volumes: ["redis-data:/data"]}}
        volumes: {redis-data: {}}
        E
        docker compose -p kilnacme up -d --pull never >&2; docker exec kilnacme-app-1 sh -c 'echo precious > /data/x'
        """, in: root, environment: UpWorkspace.environment, expecting: nil)
      defer { _ = try? sh("cd ../foreign; docker compose -p kilnacme down --volumes", in: root, expecting: nil) }
      #expect(foreign.status == 0, "\(foreign.error.suffix(800))")
      for command in ["up", "down --volumes --yes", "down", "status", "logs", "shell"] {
        let refused = try sh(
          "kiln \(command.replacing(" -", with: " kilnacme -", maxReplacements: 1))\(command.contains(" -") ? "" : " kilnacme")",
          in: root, environment: UpWorkspace.environment, expecting: nil)
        #expect(
          refused.status == 1 && refused.error.contains("kilnacme is a Compose project that is not Kiln's"),
          "\(command): \(refused.error)")
      }
      #expect(try sh("docker exec kilnacme-app-1 cat /data/x", in: root).output == "precious\n")
      try sh("cd ../foreign; docker compose -p kilnacme down --volumes", in: root)

      // A second working copy: not this one's, unless it goes by another name or takes it over.
      let acme = try UpWorkspace.up("kilnacme", in: root)
      #expect(try UpWorkspace.page(acme) == "kilnacme $5 1")
      try sh("mkdir ../copy; cp -r apps environments kiln.yaml generated ../copy", in: root)
      let copy = root.deletingLastPathComponent().appending(path: "copy")
      for command in ["up kilnacme", "down kilnacme --volumes --yes", "verify kilnacme"] {
        let refused = try sh(
          "kiln \(command)", in: copy, environment: UpWorkspace.environment, expecting: nil)
        #expect(
          refused.status == 1 && refused.error.contains("kilnacme belongs to the workspace \(root.path)"),
          "\(command): \(refused.error)")
      }
      let beside = try UpWorkspace.up("kilnacme", "--project kilnacme-2", in: copy)
      #expect(try UpWorkspace.page(beside) == "kilnacme $5 1" && acme != beside)
      try sh("kiln down kilnacme --volumes --yes", in: copy)
      #expect(try sh("docker volume ls -q --filter name=kilnacme-2", in: root).output.isEmpty)
      #expect(try UpWorkspace.page(acme) == "kilnacme $5 2")
      let moved = try sh(
        "mv dist/kilnacme ../kept; mv ../W ../moved; cd ../moved; kiln up kilnacme --adopt && kiln down kilnacme --volumes --yes; code=$?; mv ../moved ../W; exit $code",
        in: root, environment: UpWorkspace.environment, expecting: nil)
      #expect(moved.status == 0, "\(moved.error)")
      #expect(try sh("docker volume ls -q --filter name=kilnacme_", in: root).output.isEmpty)
    }
  }

  @Test func twoAtOnceBothEndWell() throws {
    try UpWorkspace.run { root in
      let both = try sh(
        """
        kiln up kilnacme > one 2> one.log & a=$!
        kiln up kilnacme > two 2> two.log & b=$!
        wait $a; wait $b; cmp one two; cat one.log two.log | grep -c 'waiting for it'
        """, in: root, environment: UpWorkspace.environment, expecting: nil)
      let logs = try sh("cat one.log two.log", in: root).output
      #expect(both.status == 0 && both.output == "1\n", "\(both.error)\(logs)")
    }
  }

  @Test func containersHaveFewRightsAndSecretsTheirReaders() throws {
    try UpWorkspace.run { root in
      let url = try UpWorkspace.up("kilnacme", in: root)
      #expect(try UpWorkspace.page(url) == "kilnacme $5 1")
      let rights = try sh(
        """
        for c in app mariadb redis; do
          docker inspect -f '{{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}} {{.HostConfig.PidsLimit}}' kilnacme-$c-1
        done | sort -u
        """, in: root)
      #expect(rights.output == "[ALL] [no-new-privileges:true] 4096\n")
      let services = try sh(
        "docker inspect -f '{{.HostConfig.CapAdd}}' kilnacme-mariadb-1 kilnacme-redis-1 | sort -u", in: root)
      // What runs as its own account has none of it.
      #expect(services.output == "[DAC_OVERRIDE]\n")
      for service in ["mariadb", "redis"] {
        let effective = try sh("kiln exec kilnacme \(service) -- grep CapEff /proc/1/status", in: root)
        #expect(effective.output.hasSuffix("\t0000000000000000\n"), "\(effective.output)")
      }
      // In memory, for the accounts that read them.
      let kind = try sh(
        "kiln exec kilnacme -- findmnt -n -o FSTYPE,OPTIONS -T /run/secrets/DB_PASSWORD | cut -d, -f1", in: root)
      #expect(kind.output.split { $0.isWhitespace } == ["tmpfs", "ro"], "\(kind.output)")
      let read = "cat /run/secrets/DB_PASSWORD"
      #expect(try sh("kiln exec kilnacme --user www-data -- \(read)", in: root).output == UpWorkspace.password)
      let other = try sh("kiln exec kilnacme --user nobody -- \(read)", in: root, expecting: nil)
      #expect(other.status != 0 && other.output.isEmpty)
      let layer = try sh(
        "docker export kilnacme-app-1 | grep -c -a -F \"$ACME_DB_PASSWORD\"", in: root,
        environment: UpWorkspace.environment, expecting: nil)
      #expect(layer.output == "0\n")
      // After a restart by the engine they are there still; after `down` they are not on this machine.
      try sh(
        """
        docker restart kilnacme-app-1
        for i in $(seq 50); do
          if curl -fs "$(kiln status kilnacme --format json | jq -r '.services[].url // empty')"; then exit 0; fi
          sleep 0.3
        done; exit 1
        """, in: root)
      try sh("kiln down kilnacme", in: root)
      let left = try sh(
        "find /dev/shm -type f -newer environments/kilnacme.yaml -exec grep -lF \"$ACME_DB_PASSWORD\" {} +", in: root,
        environment: UpWorkspace.environment, expecting: nil)
      #expect(left.output.isEmpty)

      // A changed value is a new container; a database that keeps the old one is reported.
      var changed = UpWorkspace.environment
      changed["ACME_DB_PASSWORD"] = "another"
      let again = try sh("kiln up kilnacme", in: root, environment: changed)
      #expect(again.error.contains("the database of mariadb refuses the value of DB_PASSWORD"), "\(again.error)")
      #expect(try sh("kiln exec kilnacme -- \(read)", in: root).output == "another")
    }
  }

  @Test func anAccountOfTheContainerCannotTakeVerifyOver() throws {
    try UpWorkspace.run { root in
      _ = try UpWorkspace.up("kilnacme", in: root)
      // Everything that this account can make at a known place, exchanged as fast as it can.
      try sh(
        """
        docker exec -d --user www-data kilnacme-app-1 sh -c '
        mkdir -p /tmp/kiln-verify; printf "#!/bin/sh\\nid > /tmp/taken\\n" > /tmp/mine; chmod 755 /tmp/mine
        while :; do for f in /tmp/kiln-verify*/* /root/kiln-verify*/* /run/kiln-verify*/*; do ln -sf /tmp/mine "$f"; done; done'
        """, in: root)
      let verified = try sh("kiln verify kilnacme", in: root, expecting: nil)
      #expect(verified.status == 0, "\(verified.output.suffix(2000))")
      let traces = try sh(
        "docker exec --user 0 kilnacme-app-1 sh -c 'ls -d /tmp/taken /root/kiln-verify* /run/kiln-verify*'", in: root,
        expecting: nil)
      #expect(traces.output.isEmpty)
    }
  }
}
