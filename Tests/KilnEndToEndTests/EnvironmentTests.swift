import Foundation
import Testing

/// One spec as a container and as a machine image, on the real engine.
@Suite(.enabled(if: EndToEnd.isRequested, EndToEnd.skipped), .serialized)
struct EnvironmentTests {
  static let hostile = #"quo"te 'single' back\slash $HOME ${PATH} `id` {{ jinja }} {% raw %} #{x} ünï ✓  two  blanks "#

  private func makeWorkspace(_ folder: URL) throws {
    try sh("kiln init W", in: folder)
    try """
    version: 1
    customer: hostile
    profile: php-vm
    runtime: {components: {hostile: {}}, environment: {OF_RUNTIME: \(yaml(Self.hostile))}}
    app:
      source: ../apps/hello
      port: 80
      tokens: {files: [token.ini], values: {hostile: \(yaml(Self.hostile))}}
      environment: {HOSTILE: \(yaml(Self.hostile))}
      build: {environment: {OF_BUILD: \(yaml(Self.hostile))}}
      install:
        - |
          printf '%s' \(yamlSafe) > installed.txt
          # a comment line
          echo second >> installed.txt
          printf '%s' "$OF_BUILD" > built.txt
    machine: {}

    """.write(to: folder.appending(path: "W/environments/hello.yaml"), atomically: true, encoding: .utf8)
    let work = folder.appending(path: "W")
    let php =
      #"<?php echo getenv("HOSTILE"), getenv("OF_RUNTIME"), getenv("OF_BUILD"), file_get_contents("built.txt"), "\n--\n", file_get_contents("installed.txt"), "--\n", file_get_contents("token.ini"), "--\n", file_get_contents("/etc/hostile.txt");"#
    try sh("mkdir -p components/files", in: work)
    for (path, text) in [
      "apps/hello/index.php": php, "apps/hello/token.ini": "t=__hostile__",
      "components/files/hostile.txt": Self.hostile,
      "components/hostile.yaml":
        "summary: A file\nsteps:\n  - file: {path: /etc/hostile.txt, source: files/hostile.txt}\n",
    ] { try text.write(to: work.appending(path: path), atomically: true, encoding: .utf8) }
    try sh("kiln check && kiln generate --quiet", in: folder.appending(path: "W"))
  }

  private var yamlSafe: String { "'{{ x }} $HOME \"q\" \\ `id`'" }
  private var installed: String { "{{ x }} $HOME \"q\" \\ `id`second\n" }

  private var rest: String { "--\nt=\(Self.hostile)--\n\(Self.hostile)" }

  private func yaml(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }

  @Test func hostileValuesArriveInTheContainer() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try makeWorkspace(folder.url)
    let work = folder.url.appending(path: "W")
    defer { _ = try? sh("docker rm -f kiln-e2e-hostile; docker rmi -f kiln-e2e-hostile-app", expecting: nil) }
    try sh(
      """
      runtime=$(ls generated/runtimes)
      docker build -q -t "kiln/runtime:$runtime" "generated/runtimes/$runtime"
      kiln pack -q hostile; docker build -q -t kiln-e2e-hostile-app - < dist/hostile/apps/app.tar
      docker run -d --name kiln-e2e-hostile -p 127.0.0.1::80 -e "HOSTILE=$HOSTILE" kiln-e2e-hostile-app
      docker inspect kiln-e2e-hostile-app | grep -c HOSTILE && exit 1
      true
      """, in: work, environment: ["HOSTILE": Self.hostile])
    let page = try sh(
      """
      port=$(docker port kiln-e2e-hostile 80 | sed 's/.*://')
      for _ in $(seq 40); do curl -fs "http://127.0.0.1:$port/index.php" && exit 0; sleep 0.5; done
      docker logs kiln-e2e-hostile; exit 1
      """, in: work)
    // The value, the runtime's variable, nothing of the build's, and what the build wrote.
    #expect(page.output == "\(Self.hostile)\(Self.hostile)\(Self.hostile)\n--\n\(installed)\(rest)")
    try sh(
      """
      docker cp -L "$(command -v goss)" kiln-e2e-hostile:/tmp/goss
      docker cp generated/hostile/goss-app-app.yaml kiln-e2e-hostile:/tmp/goss-app-app.yaml
      docker cp generated/hostile/goss-app-app.container.yaml kiln-e2e-hostile:/tmp/goss-container.yaml
      docker exec kiln-e2e-hostile /tmp/goss --gossfile /tmp/goss-container.yaml validate --no-color
      """, in: work)
    // Both services end when the container is stopped, and well before the engine would kill them.
    let stopped = try sh(
      "docker stop -t 20 kiln-e2e-hostile >/dev/null; docker inspect -f '{{.State.ExitCode}}' kiln-e2e-hostile")
    #expect(stopped.output == "0\n")
  }

  @Test func hostileValuesArriveInTheMachineAndASecondRunChangesNothing() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try makeWorkspace(folder.url)
    let work = folder.url.appending(path: "W")
    defer { _ = try? sh("docker rmi -f kiln-e2e-machine", expecting: nil) }
    try sh(
      """
      kiln pack -q hostile
      packer build -color=false -only=docker -var "goss=$(readlink -f "$(command -v goss)")" generated/hostile/packer/hostile.json > bake.log 2>&1 || { tail -50 bake.log; exit 1; }
      grep -q 'Failed: 0' bake.log
      docker tag "$(sed -n 's/.*"artifact_id": "\\(.*\\)",/\\1/p' dist/hostile/packer-manifest.json)" kiln-e2e-machine
      """, in: work)
    let profile = try sh(
      "docker run --rm kiln-e2e-machine sh -c '. /etc/profile.d/kiln.sh; printf %s \"$OF_RUNTIME\"; test ! -e /etc/kiln/environment; cat /var/www/app/installed.txt; printf -- \"--\\\\n\"; cat /var/www/app/token.ini; printf -- \"--\\\\n\"; cat /etc/hostile.txt'"
    )
    #expect(profile.output == Self.hostile + installed + rest)
    // The playbook again, on the finished image, which has no values.
    let again = try sh(
      """
      docker run --rm -v "$PWD:/w:ro" kiln-e2e-machine sh -euc '
        apt-get update -qq; apt-get install -y -qq --no-install-recommends ansible-core >/dev/null 2>&1 || exit 7
        mkdir -p /tmp/kiln; cp /w/dist/hostile/apps/app.tar /tmp/kiln/
        sed "/expand_argument_vars/d" /w/generated/hostile/packer/playbook.yml > /tmp/playbook.yml; cp -r /w/generated/hostile/packer/files /tmp/
        cd /tmp; ansible-playbook -i localhost, -c local -e "{\\"kiln_become\\": false}" --skip-tags values playbook.yml'
      """, in: work)
    #expect(again.output.contains("changed=0"), "\(again.output.suffix(1500))")
  }

  /// The install commands of a machine see `buildSecrets`; image and log do not, whether the commands succeed or fail.
  @Test func theSecretsOfAnInstallReachTheMachineAndStayNowhere() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try sh("kiln init W", in: folder.url)
    let work = folder.url.appending(path: "W")
    let secret = #"{"http-basic": {"repo": "k1ln-hush3d-{{ 1 }}-'q'-$HOME-\\"}}"#
    func write(_ install: String) throws {
      try """
      version: 1
      customer: hidden
      runtime: {base: debian-12}
      app:
        source: ../apps/hello
        buildSecrets: [AUTH]
        install: [\(install)]
      secrets: {AUTH: {env: HIDDEN_AUTH}}
      machine: {}

      """.write(to: work.appending(path: "environments/hello.yaml"), atomically: true, encoding: .utf8)
      try sh("kiln generate --quiet", in: work)
    }
    func bake() throws -> ShellResult {
      let result = try sh(
        "kiln bake hidden --only docker", in: work, environment: ["HIDDEN_AUTH": secret], expecting: nil)
      let log = try String(contentsOf: work.appending(path: "dist/hidden/packer-build.log"), encoding: .utf8)
      for text in [log, result.output, result.error] { #expect(!text.contains("k1ln-hush3d")) }
      return result
    }
    // What somebody committed where Packer and Ansible look for plugins, variables and settings does not run here.
    try sh(
      """
      plant() { printf '%s\\n' "$2" > "$1"; }
      plant packer-builder-docker "$(printf '#!/bin/sh\\necho plugin >> %s/taken\\n' "$PWD")"; chmod +x packer-builder-docker
      plant ansible.cfg "$(printf '[defaults]\\ncallback_plugins=./own\\nfilter_plugins=./own')"
      for folder in . generated/hidden/packer; do
        mkdir -p $folder/group_vars $folder/own
        plant $folder/group_vars/all.yml "x: \\"{{ lookup('pipe', 'echo vars >> $PWD/taken') }}\\""
        plant $folder/group_vars/all.yaml "ansible_python_interpreter: \\"{{ lookup('pipe', 'echo i >> $PWD/taken; echo /usr/bin/python3') }}\\""
        for kind in own vars_plugins callback_plugins filter_plugins library; do
          mkdir -p $folder/$kind; plant $folder/$kind/evil.py "open('$PWD/taken', 'a').write('$kind')"
        done
      done
      """, in: work)
    let check = #""stat -c %a /run/secrets/AUTH > mode", "printf %s \"$AUTH\" | sha256sum > sum""#
    try write(check)
    let good = try bake()
    #expect(good.status == 0, "\(good.error.suffix(3000))")
    #expect(!FileManager.default.fileExists(atPath: work.appending(path: "taken").path))
    defer { _ = try? sh("docker rmi -f kiln-e2e-hidden", expecting: nil) }
    let inside = try sh(
      """
      docker tag "$(sed -n 's/.*"artifact_id": "\\(.*\\)",/\\1/p' dist/hidden/packer-manifest.json)" kiln-e2e-hidden
      docker run --rm kiln-e2e-hidden sh -c 'cat /var/www/app/mode /var/www/app/sum; ls -A /run/secrets 2>&1 || true'
      printf %s "$HIDDEN_AUTH" | sha256sum
      docker save kiln-e2e-hidden | grep -a -c k1ln-hush3d || true
      """, in: work, environment: ["HIDDEN_AUTH": secret], expecting: nil)
    let lines = inside.output.split(separator: "\n").map(String.init)
    #expect(lines.first == "600" && lines.count > 3 && lines[1] == lines[lines.count - 2], "\(lines)")
    #expect(lines.last == "0" && inside.output.contains("cannot access '/run/secrets'"), "\(lines)")
    try write(#""echo out of $AUTH; exit 7""#)
    let bad = try bake()
    #expect(bad.status == 1)
    let log = try String(contentsOf: work.appending(path: "dist/hidden/packer-build.log"), encoding: .utf8)
    #expect(log.contains("It ended with 7.") && log.contains("Remove the secret AUTH (app)"))
  }
}
