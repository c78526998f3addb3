import Foundation
import Testing

/// A host from nothing, in a container with systemd: what Ansible does to it, and what others see of it.
@Suite(.enabled(if: EndToEnd.has("docker", "ansible-playbook", "ssh", "curl"), EndToEnd.skipped), .serialized)
struct HostsTests {
  private static let image = "kiln-e2e-host"
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Host")

  /// - Parameter body: Gets the workspace's folder, the container and its address.
  private func withHost(_ body: (URL, String, String) throws -> Void) throws {
    let folder = try TemporaryFolder()
    let name = "kiln-e2e-host-\(UInt32.random(in: 0 ... .max))"
    defer {
      _ = try? sh(
        "docker rm --force --volumes \(name); docker images -q kilnhosta/care | xargs -r docker rmi -f", expecting: nil)
      folder.remove()
    }
    try sh("docker build --quiet --tag \(Self.image) '\(Self.folder.path)'")
    try sh("ssh-keygen -q -t ed25519 -N '' -f key && mkdir -p W/environments W/hosts app", in: folder.url)
    let started = try sh(
      """
      docker run --detach --name \(name) --privileged --cgroupns=private --tmpfs /run --tmpfs /tmp \
        --volume /var/lib/docker \(Self.image) >/dev/null
      for _ in $(seq 60); do docker exec \(name) docker version >/dev/null 2>&1 && break; sleep 1; done
      docker exec \(name) mkdir -p /root/.ssh
      docker exec -i \(name) sh -c 'cat > /root/.ssh/authorized_keys' < key.pub
      docker exec \(name) chmod 600 /root/.ssh/authorized_keys
      docker exec \(name) docker version >/dev/null
      docker inspect --format '{{.NetworkSettings.IPAddress}}' \(name)
      """, in: folder.url)
    let address = started.output.trimmingCharacters(in: .whitespacesAndNewlines)
    let root = folder.url.appending(path: "W")
    try "<h1>the care page</h1>".write(
      to: folder.url.appending(path: "app/index.html"), atomically: true, encoding: .utf8)
    try "version: 1\n".write(to: root.appending(path: "kiln.yaml"), atomically: true, encoding: .utf8)
    try Self.environment.write(
      to: root.appending(path: "environments/kilnhosta.yaml"), atomically: true, encoding: .utf8)
    let key = try sh("ssh-keyscan -t ed25519 \(address) 2>/dev/null | cut -d ' ' -f 2,3").output
      .trimmingCharacters(in: .whitespacesAndNewlines)
    try Self.hosts(address, key).write(to: root.appending(path: "hosts/one.yaml"), atomically: true, encoding: .utf8)
    try body(root, name, address)
  }

  private static let environment = """
    version: 1
    customer: kilnhosta
    runtime: {base: debian-12, components: {apache: {}}}
    apps:
      care:
        source: ../../app
        port: 80
        health: /
        workers: {beat: {command: [sh, -c, "while sleep 1; do :; done"]}}
        jobs: {migrate: {command: [sh, -c, "test -s /run/secrets/API_KEY"], run: before-deploy}}
    secrets: {API_KEY: {env: KILNHOSTA_API_KEY}}
    stages: {qa: {}}

    """

  private static func hosts(_ address: String, _ key: String) -> String {
    """
    version: 1
    group: one
    base: debian-12
    reach: {key: ../../key}
    firewall: {ssh: [172.16.0.0/12]}
    https:
      certificate: {local: {}}
      users: {anna: {env: ANNA_PASSWORD}}
      sites:
        shop.example.com:
          routes:
            - {path: /, stack: acme}
            - {path: /metrics, metrics: {}, users: [anna]}
    metrics: {}
    stacks: {acme: {environment: kilnhosta, stage: qa, timeout: 30}}
    hosts:
      north: {address: \(address), reach: {hostKey: \(key)}}

    """
  }

  private static let secrets = ["ANNA_PASSWORD": "the password {{ 1 }}", "KILNHOSTA_API_KEY": "the key $x"]

  @Test func fromNothingToAHostAndBack() throws {
    try withHost { root, container, address in
      func kiln(_ words: String, expecting status: Int32 = 0) throws -> ShellResult {
        try sh("kiln hosts \(words)", in: root, environment: Self.secrets, expecting: status)
      }
      func page(_ path: String, _ options: String = "") throws -> String {
        try sh(
          """
          docker exec \(container) cat /etc/kiln/https/root.crt > root.crt
          curl --silent --location --cacert root.crt --resolve shop.example.com:443:\(address) \(options) \
            --write-out ' %{http_code}' https://shop.example.com\(path)
          """, in: root, environment: Self.secrets
        ).output
      }

      // From nothing.
      let missing = try sh("kiln hosts apply", in: root, environment: ["ANNA_PASSWORD": "x"], expecting: 1)
      #expect(missing.error.contains("the variable KILNHOSTA_API_KEY is not set"))
      #expect(try kiln("check").output == "1 host in 1 group, 1 stack\n")
      #expect(try kiln("plan -q", expecting: 2).output.contains("stacks: Bring up each stack"))
      let first = try kiln("apply")
      #expect(first.output.hasPrefix("north: changed, "))
      #expect(!(first.output + first.error).contains("the password") && !first.error.contains("the key"))
      #expect(try page("/") == "<h1>the care page</h1> 200")
      #expect(try page("/metrics", "--output /dev/null") == " 401")
      #expect(try page("/metrics", "--output /dev/null --user \"anna:$ANNA_PASSWORD\"") == " 200")
      #expect(try page("/metrics", "--output /dev/null --user anna:wrong") == " 401")
      let open = try sh(Self.scan(address)).output
      #expect(open == "22\n443\n")
      #expect(
        try kiln("verify").output.contains("north: ok: https://shop.example.com/metrics without a password is 401"))

      // Again.
      #expect(try kiln("apply").output == "north: unchanged\n")

      // By hand.
      try sh(
        """
        docker exec \(container) sh -c 'echo "# by hand" >> /etc/docker/daemon.json; systemctl stop prometheus;
          nft add rule inet kiln input tcp dport 2222 accept'
        """)
      let status = try kiln("status", expecting: 2).output
      for line in ["docker: Write Docker's settings", "metrics: ", "firewall: "] {
        #expect(status.contains("    \(line)"))
      }

      // What does not get healthy is undone, and what was changed by hand is mended by the same run.
      let file = root.appending(path: "environments/kilnhosta.yaml")
      try Self.environment.replacingOccurrences(of: "health: /", with: "health: /missing")
        .write(to: file, atomically: true, encoding: .utf8)
      let failed = try kiln("apply", expecting: 1)
      #expect(failed.error.contains("putting back release"))
      #expect(try page("/") == "<h1>the care page</h1> 200")
      try Self.environment.write(to: file, atomically: true, encoding: .utf8)
      _ = try kiln("apply")
      #expect(try kiln("status").output.contains("  as its spec says"))
    }
  }

  /// Every port that a neighbour may connect to.
  private static func scan(_ address: String) -> String {
    """
    python3 - <<'END'
    import asyncio
    async def probe(port, limit):
        async with limit:
            try:
                _, writer = await asyncio.wait_for(asyncio.open_connection("\(address)", port), 1)
                writer.close()
                return port
            except (OSError, asyncio.TimeoutError):
                return None
    async def main():
        limit = asyncio.Semaphore(4000)
        found = await asyncio.gather(*[probe(port, limit) for port in range(1, 65536)])
        for port in found:
            if port: print(port)
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
    asyncio.run(main())
    END
    """
  }

  @Test func playbooksPassTheLinterAtTheProductionProfile() throws {
    guard EndToEnd.has("ansible-lint") else { return }
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try sh("mkdir -p W/environments W/hosts app", in: folder.url)
    let root = folder.url.appending(path: "W")
    try "version: 1\n".write(to: root.appending(path: "kiln.yaml"), atomically: true, encoding: .utf8)
    try Self.environment.write(
      to: root.appending(path: "environments/kilnhosta.yaml"), atomically: true, encoding: .utf8)
    try (Self.hosts("203.0.113.10", "ssh-ed25519 AAAA") + "components: {ffmpeg: {}}\npackages: [htop]\n")
      .write(to: root.appending(path: "hosts/one.yaml"), atomically: true, encoding: .utf8)
    try sh(
      """
      kiln generate --quiet
      cd generated/hosts
      ansible-playbook --syntax-check group-one.yaml site.yaml hosts-verify.yml hosts-status.yml >/dev/null
      ansible-inventory --list --inventory inventory.yaml > ../../ours.json
      ansible-lint --offline -q --profile production group-one.yaml site.yaml hosts-verify.yml hosts-status.yml
      """, in: root, environment: Self.secrets)
    // The script's inventory is the file's.
    try sh(
      """
      printf '#!/bin/sh\\nexec kiln hosts inventory --workspace %s "$@"\\n' "$PWD" > script && chmod +x script
      ansible-inventory --list --inventory ./script > theirs.json
      python3 - <<'END'
      import json
      ours, theirs = (json.load(open(name))["_meta"]["hostvars"]["north"] for name in ("ours.json", "theirs.json"))
      assert theirs.items() <= ours.items(), (ours, theirs)
      END
      """, in: root, environment: Self.secrets)
  }
}
