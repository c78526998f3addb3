import Foundation
import KilnContext
import KilnDiagnostics
import KilnProcesses
import KilnTesting
import SystemPackage
import Testing

@testable import KilnEngine

/// What serves HTTPS in front of the environments that are up, and what it asks of Docker.
struct LocalProxyTests {
  private static let listing = "docker ps --all --filter name=^/?kiln-proxy$ --format …"
  private static let apps =
    "docker ps --all --filter label=io.kiln.workload=app --filter label=io.kiln.port --filter label=com.docker.compose.oneoff=False --format …"
  private static let reload = "docker exec --interactive kiln-proxy caddy reload --config -"

  private static func found(
    _ networks: String, state: String = "running", ports: String = "443 80", version: String = LocalProxy.version
  ) -> ScriptedRunner.Step {
    .run(listing, output: "\(state)|0-kiln-proxy\(networks)|\(version)|\(ports)|172.20.0.0/16\n")
  }

  private static func listed(_ lines: String...) -> ScriptedRunner.Step {
    .run(apps, output: lines.map { $0 + "\n" }.joined())
  }

  private static let acme = "acme-care-1|acme|care|80|care.acme.example"
  private static let globex = "globex-care-1|globex|care|8080|"

  /// The steps of starting one, up to `docker start`.
  private static func starting(_ ports: String, _ networks: String...) -> [ScriptedRunner.Step] {
    let publish = ports.split(separator: " ").map { "--publish \($0)" }.joined(separator: " ")
    return [
      .run("docker network inspect --format …", code: 1),
      .run("docker network create --label io.kiln.proxy=1 0-kiln-proxy"),
      .run("docker network inspect --format …", output: "172.20.0.0/16\n\n"),
      .run("docker create --pull never --name kiln-proxy …") { invocation in
        let text = invocation.arguments.joined(separator: " ")
        #expect(text.contains("--network 0-kiln-proxy \(publish) --user caddy --cap-drop ALL"), "\(text)")
        #expect(text.contains("--read-only") && text.contains("no-new-privileges") && text.contains("--memory 256m"))
        #expect(!text.contains("docker.sock") && text.hasSuffix("kiln/proxy:1 caddy run --resume"))
      },
    ] + networks.map { .run("docker network connect \($0) kiln-proxy") }
  }

  private func run<T>(
    _ steps: [ScriptedRunner.Step], variables: [String: String] = [:],
    _ body: (LocalProxy) async throws -> T
  ) async throws -> (result: T, error: String, calls: [Invocation]) {
    try await withFolder { root in
      let runner = ScriptedRunner(steps)
      let recorded = RecordedContext(root, environment: variables, processes: runner)
      let result = try await body(LocalProxy(recorded.context, locks: FilePath(root.path)))
      runner.finish()
      return (result, recorded.error, runner.calls)
    }
  }

  @Test func theFirstEnvironmentStartsIt() async throws {
    let steps =
      [.run(Self.listing)] + Self.starting("127.0.0.1:443:8443 127.0.0.1:80:8080", "acme_default") + [
        .run("docker start kiln-proxy"), Self.listed(Self.acme, Self.globex), .run(Self.reload, code: 1),
        .run(Self.reload),
      ]
    let (addresses, _, calls) = try await run(steps) { try await $0.join("acme") { "kiln/proxy:1" } }
    #expect(addresses.isNew)
    #expect(
      addresses.urls == [
        "care": [
          "https://care.acme.localhost/", "https://acme.localhost/", "https://care.acme.example.localhost/",
        ]
      ])
    // An environment that it is not in front of is none of its names.
    let configuration = String(decoding: calls.last?.input ?? [], as: UTF8.self)
    #expect(configuration.contains("\"acme-care-1.acme_default:80\"") && !configuration.contains("globex"))
  }

  @Test func theNextOneJoinsAndNobodyIsLost() async throws {
    let steps: [ScriptedRunner.Step] = [
      Self.found(",acme_default"), .run("docker network connect globex_default kiln-proxy"),
      Self.listed(Self.acme, Self.globex), .run(Self.reload),
    ]
    let (addresses, _, calls) = try await run(steps) { proxy in
      try await proxy.join("globex") {
        Issue.record("the image is there")
        return ""
      }
    }
    #expect(!addresses.isNew && addresses.urls["care"]?.first == "https://care.globex.localhost/")
    let configuration = String(decoding: calls.last?.input ?? [], as: UTF8.self)
    #expect(
      configuration.contains("\"acme-care-1.acme_default:80\"")
        && configuration.contains("\"globex-care-1.globex_default:8080\""))
  }

  /// One that was killed on the way, that another version of Kiln has started, or that should listen elsewhere.
  @Test(
    arguments: [
      (found(",acme_default,gone_default", state: "created"), [:], "443", "https://care.globex.localhost/"),
      (found(",acme_default,gone_default", version: "0"), [:], "443", "https://care.globex.localhost/"),
      (
        found(",acme_default,gone_default"), ["KILN_HTTPS_PORT": "8443"], "8443",
        "https://care.globex.localhost:8443/"
      ),
    ] as [(ScriptedRunner.Step, [String: String], String, String)])
  func oneThatIsOfNoUseIsReplaced(
    _ found: ScriptedRunner.Step, _ variables: [String: String], _ port: String, _ url: String
  ) async throws {
    let steps =
      [found, .run("docker rm --force --volumes kiln-proxy")]
      + Self.starting("127.0.0.1:\(port):8443 127.0.0.1:80:8080", "globex_default", "acme_default") + [
        .run("docker network connect gone_default kiln-proxy", error: "no such network", code: 1),
        .run("docker start kiln-proxy"), Self.listed(Self.acme, Self.globex), .run(Self.reload),
      ]
    let (addresses, _, _) = try await run(steps, variables: variables) { proxy in
      try await proxy.join("globex") { "kiln/proxy:1" }
    }
    #expect(addresses.urls["care"]?.first == url)
  }

  @Test func aPortThatIsTakenIsSaid() async throws {
    let answer = "Error response from daemon: listen tcp4 127.0.0.1:443: bind: address already in use\n"
    let steps =
      [.run(Self.listing)] + Self.starting("127.0.0.1:443:8443 127.0.0.1:80:8080", "acme_default") + [
        .run("docker start kiln-proxy", error: answer, code: 1), .run("docker rm --force --volumes kiln-proxy"),
        .run("docker network ls --quiet --filter label=io.kiln.proxy", output: "n1\n"), .run("docker network rm n1"),
      ]
    let text = try await run(steps) { proxy in
      await EngineWorkspace.message { _ = try await proxy.join("acme") { "kiln/proxy:1" } }
    }
    #expect(
      text.result == """
        error: port 443 of this machine is in use by another program [proxy.port]
          = help: `ss -ltnp` shows which one; `export KILN_HTTPS_PORT=8443` takes another port, `kiln up --no-proxy` does without

        """)
  }

  @Test func aPortThatIsTakenLeavesTheOthersWhatTheyHave() async throws {
    let answer = "Error response from daemon: listen tcp4 127.0.0.1:8443: bind: address already in use\n"
    let remove = ScriptedRunner.Step.run("docker rm --force --volumes kiln-proxy")
    let steps =
      [Self.found(",acme_default"), remove]
      + Self.starting("127.0.0.1:8443:8443 127.0.0.1:80:8080", "globex_default", "acme_default") + [
        .run("docker start kiln-proxy", error: answer, code: 1), remove,
        .run("docker network ls --quiet --filter label=io.kiln.proxy", output: "n1\n"), .run("docker network rm n1"),
        .run(Self.listing),
      ] + Self.starting("127.0.0.1:443:8443 127.0.0.1:80:8080", "acme_default") + [
        .run("docker start kiln-proxy"), Self.listed(Self.acme, Self.globex), .run(Self.reload),
      ]
    let text = try await run(steps, variables: ["KILN_HTTPS_PORT": "8443"]) { proxy in
      await EngineWorkspace.message { _ = try await proxy.join("globex") { "kiln/proxy:1" } }
    }
    #expect(text.result.hasPrefix("error: port 8443 of this machine is in use by another program"))
  }

  @Test func aPortIsTakenWhereTheEngineSaysSo() {
    #expect(LocalProxy.isTaken(80, "Bind for 127.0.0.1:80 failed: port is already allocated"))
    #expect(!LocalProxy.isTaken(80, "Bind for 127.0.0.1:8080 failed: port is already allocated"))
    #expect(!LocalProxy.isTaken(80, "127.0.0.1:80: permission denied"))
  }

  @Test func httpMayBeSomebodyElses() async throws {
    let answer = "failed to bind host port for 127.0.0.1:80:172.20.0.2:8080/tcp: address already in use\n"
    let steps =
      [.run(Self.listing)] + Self.starting("127.0.0.1:443:8443 127.0.0.1:80:8080", "acme_default") + [
        .run("docker start kiln-proxy", error: answer, code: 1), .run("docker rm --force --volumes kiln-proxy"),
      ] + Self.starting("127.0.0.1:443:8443", "acme_default").suffix(2) + [
        .run("docker start kiln-proxy"), Self.listed(Self.acme), .run(Self.reload),
      ]
    let (addresses, error, _) = try await run(steps) { try await $0.join("acme") { "kiln/proxy:1" } }
    #expect(addresses.urls["care"]?.first == "https://care.acme.localhost/")
    #expect(error.hasPrefix("note: port 80 of this machine is in use"))
  }

  @Test func aContainerOfSomebodyElseIsNotTouched() async throws {
    let foreign = ScriptedRunner.Step.run(Self.listing, output: "running|bridge|||\n")
    _ = try await run([foreign, .run("docker network ls --quiet --filter label=io.kiln.proxy")]) {
      try await $0.leave("acme")
    }
    let text = try await run([foreign]) { proxy in
      await EngineWorkspace.message { try await proxy.check() }
    }
    #expect(
      text.result == """
        error: on this engine, a container that is not Kiln's has the name kiln-proxy [proxy.foreign]
          = help: `docker rename kiln-proxy NAME`, or `kiln up --no-proxy`, without HTTPS

        """)
  }

  @Test(arguments: ["0", "65536", "https", "-1"]) func whatIsNoPortIsRefused(_ text: String) async throws {
    let refused = try await run([], variables: ["KILN_HTTPS_PORT": text]) { proxy in
      await EngineWorkspace.message { try await proxy.check() }
    }
    #expect(refused.result.hasPrefix("error: KILN_HTTPS_PORT is \"\(text)\", and not a port [proxy.variable]\n"))
  }

  @Test func whoLeavesTakesItsNamesAlong() async throws {
    let steps: [ScriptedRunner.Step] = [
      Self.found(",acme_default,globex_default"), Self.found(",acme_default,globex_default"),
      .run("docker network disconnect --force acme_default kiln-proxy"),
      Self.listed(Self.acme, Self.globex), Self.listed(Self.acme, Self.globex), .run(Self.reload),
    ]
    let (_, _, calls) = try await run(steps) { try await $0.leave("acme") }
    let configuration = String(decoding: calls.last?.input ?? [], as: UTF8.self)
    #expect(configuration.contains("globex.localhost") && !configuration.contains("acme"))
  }

  /// Also a network that nothing is in any more, as of an environment that was removed without Kiln.
  @Test func theLastOneEndsIt() async throws {
    let steps: [ScriptedRunner.Step] = [
      Self.found(",acme_default,gone_default"), Self.found(",acme_default,gone_default"),
      .run("docker network disconnect --force acme_default kiln-proxy"),
      Self.listed(Self.acme), .run("docker network disconnect --force gone_default kiln-proxy"),
      .run("docker rm --force --volumes kiln-proxy"),
      .run("docker network ls --quiet --filter label=io.kiln.proxy", output: "n1\n"), .run("docker network rm n1"),
    ]
    _ = try await run(steps) { try await $0.leave("acme") }
  }

  /// It has the authority's key and reaches the apps of all workspaces: none of them says what it is made from.
  @Test func aWorkspacesBaseIsNotTheProxys() throws {
    func image(_ files: [String: String]) throws -> EnvironmentImage {
      try withFolder { root in
        try write(files, in: root)
        let workspace = try EngineWorkspace(root, ScriptedRunner([]))
        return try #require(try workspace.loaded.proxyImage(beside: workspace.plan))
      }
    }
    let base = """
      kind: base
      summary: Mine
      image: evil:1
      family: debian
      azure: {publisher: a, offer: b, sku: c}

      """
    let own = try image(["components/debian-12.yaml": base])
    let plain = try image([:])
    #expect(own.tag == plain.tag && own.source.files == plain.source.files)
    #expect(own.source.files["Dockerfile"].map { String(decoding: $0, as: UTF8.self).contains("evil") } == false)
  }

  @Test func namesAreOneAppsEach() {
    func app(_ project: String, _ name: String, _ domains: String...) -> ProxiedApp {
      ProxiedApp(container: "\(project)-\(name)-1", project: project, name: name, port: 80, domains: domains)
    }
    let names = ProxyNames([
      app("acme", "care", "care.example"), app("acme", "portal"), app("acme-2", "app", "care.example"),
      app("my_shop", "shop", "care.acme", "evil.acme", "acme", "x.acme-2"),
    ])
    #expect(
      names.entries.map(\.names) == [
        ["care.acme.localhost", "care.example.localhost"], ["portal.acme.localhost"],
        ["acme-2.localhost", "app.acme-2.localhost"],
        // Nothing below other projects' names, whether somebody has it or not.
        ["shop.my-shop.localhost", "my-shop.localhost"],
      ])
  }

  @Test func theConfigurationServesNamesAndNothingElse() {
    let app = ProxiedApp(container: "acme-care-1", project: "acme", name: "care", port: 80, domains: [])
    let text = String(
      decoding: ProxyConfiguration(
        names: ProxyNames([app]), ports: ProxyPorts(https: 8443, http: 80), subnets: ["172.20.0.0/16"]
      ).bytes, as: UTF8.self)
    let guarding =
      #"{"handle":[{"abort":true,"handler":"static_response"}],"match":[{"not":[{"remote_ip":{"ranges":["172.20.0.0/16"]}}]}],"terminal":true}"#
    let names = #""match":[{"host":["care.acme.localhost","acme.localhost"]}],"terminal":true}"#
    func unknown(_ status: Int) -> String {
      #"{"handle":[{"body":"Noenvironmentthatisuphasthisname;`kilnstatus`sayswhichthereare.\n","handler":"static_response","status_code":"\#(status)"}]}"#
    }
    #expect(
      text.filter { !$0.isWhitespace }
        == [
          #"{"apps":{"http":{"http_port":8080,"https_port":8443,"servers":{"#,
          #""http":{"automatic_https":{"disable":true},"listen":[":8080"],"protocols":["h1"],"routes":["#, guarding,
          #",{"handle":[{"handler":"static_response","headers":{"Location":["https://{http.request.host}:8443{http.request.uri}"]},"status_code":"308"}],"#,
          names, ",", unknown(404), "]},",
          #""https":{"automatic_https":{"disable_redirects":true},"listen":[":8443"],"protocols":["h1","h2"],"routes":["#,
          guarding, #",{"handle":[{"handler":"reverse_proxy","upstreams":[{"dial":"acme-care-1.acme_default:80"}]}],"#,
          names, ",",
          unknown(421), "]}}},",
          #""pki":{"certificate_authorities":{"local":{"install_trust":false,"name":"Kiln","root_common_name":"Kilnonthismachine"}}},"#,
          #""tls":{"automation":{"policies":[{"issuers":[{"module":"internal"}]}]}}},"#,
          #""logging":{"logs":{"default":{"level":"ERROR"}}}}"#,
        ].joined())
  }
}
