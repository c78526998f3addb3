import KilnConsole
import KilnDiagnostics
import KilnGeneration
import KilnProcesses

extension LocalProxy {
  private static let authority = "/var/lib/caddy/authority"
  private static let configuration = "/var/lib/caddy/configuration"
  static let certificatePath = "\(authority)/caddy/pki/authorities/local/root.crt"

  /// - Parameters:
  ///   - own: The network of the environment that it is started for.
  ///   - others: Those that an earlier one was in.
  func start(
    image: String, ports: ProxyPorts, own: String, others: Set<String>
  ) async throws -> Found {
    let subnets = try await makeNetwork()
    var isRedirecting = true
    while true {
      try await run(arguments(image, ports, isRedirecting, subnets), "make \(Self.name)")
      var networks: Set = [own]
      try await connect(own)
      for network in others.sorted() where network != own {
        // One may be gone by now.
        do { try await connect(network) } catch is EngineFailure { continue }
        networks.insert(network)
      }
      let result = try await docker.output(["start", Self.name])
      if result.isSuccess {
        return Found(isRunning: true, version: Self.version, ports: ports, subnets: subnets, networks: networks)
      }
      try await removeContainer()
      if Self.isTaken(ports.https, result.error) { try await refuse(ports) }
      guard isRedirecting, Self.isTaken(ports.http, result.error) else {
        try await removeNetwork()
        throw EngineFailure(engine: .docker, what: "start \(Self.name)", answer: result.error)
      }
      isRedirecting = false
      context.console.error(
        "note: port \(ports.http) of this machine is in use: http:// addresses do not lead to https://; \(ProxyPorts.httpVariable) names another port\n"
      )
    }
  }

  private func refuse(_ ports: ProxyPorts) async throws -> Never {
    try await removeNetwork()
    throw CommandError(
      "proxy.port", "port \(ports.https) of this machine is in use by another program",
      help:
        "`ss -ltnp` shows which one; `export \(ProxyPorts.httpsVariable)=8443` takes another port, `kiln up --no-proxy` does without"
    )
  }

  /// Whether the engine could not have a port, as in `listen tcp4 127.0.0.1:443: bind: address already in use`.
  static func isTaken(_ port: Int, _ answer: String) -> Bool {
    answer.split(separator: "127.0.0.1:").dropFirst().contains { $0.prefix { $0.isASCII && $0.isNumber } == "\(port)" }
      && ["already allocated", "already in use"].contains(where: answer.contains)
  }

  /// It has no privilege: it listens where none is needed, and writes to two folders alone.
  private func arguments(
    _ image: String, _ ports: ProxyPorts, _ isRedirecting: Bool, _ subnets: [String]
  ) -> [String] {
    let labels = [
      (LocalLabels.proxy, Self.version), (LocalLabels.proxyPorts, ports.text),
      (LocalLabels.proxySubnet, subnets.joined(separator: " ")),
    ]
    let published =
      [(ports.https, ProxyConfiguration.https)] + (isRedirecting ? [(ports.http, ProxyConfiguration.http)] : [])
    var arguments = ["create", "--pull", "never", "--name", Self.name, "--hostname", Self.name]
    arguments += labels.flatMap { ["--label", "\($0.0)=\($0.1)"] }
    arguments += ["--network", Self.network]
    arguments += published.flatMap { ["--publish", "127.0.0.1:\($0.0):\($0.1)"] }
    arguments += ["--user", "caddy", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--read-only"]
    arguments += ["--tmpfs", "/tmp", "--memory", "256m", "--cpus", "1", "--pids-limit", "256"]
    arguments += ["--log-driver", "local", "--log-opt", "max-size=1m", "--restart", "unless-stopped"]
    arguments += ["--mount", "type=volume,source=\(Self.volume),target=\(Self.authority)"]
    // Without a name: it goes with the container.
    arguments += ["--mount", "type=volume,target=\(Self.configuration)"]
    arguments += ["--env", "HOME=/tmp", "--env", "XDG_DATA_HOME=\(Self.authority)"]
    arguments += ["--env", "XDG_CONFIG_HOME=\(Self.configuration)"]
    // What it was given last is there again when the engine starts it.
    return arguments + [image, "caddy", "run", "--resume"]
  }

  /// - Returns: The network's addresses.
  private func makeNetwork() async throws -> [String] {
    let inspect = ["network", "inspect", "--format", "{{range .IPAM.Config}}{{println .Subnet}}{{end}}", Self.network]
    var result = try await docker.output(inspect)
    if !result.isSuccess {
      try await run(
        ["network", "create", "--label", "\(LocalLabels.proxy)=\(Self.version)", Self.network], "make a network")
      result = try await docker.output(inspect)
    }
    return result.output.split(separator: "\n").map(String.init)
  }

  func connect(_ network: String) async throws {
    try await run(["network", "connect", network, Self.name], "connect \(Self.name) with \(network)")
  }

  func disconnect(_ network: String) async throws {
    try await run(
      ["network", "disconnect", "--force", network, Self.name], "disconnect \(Self.name) from \(network)")
  }

  /// With its unnamed volume; the authority stays.
  func removeContainer() async throws {
    try await run(["rm", "--force", "--volumes", Self.name], "remove \(Self.name)")
  }

  /// The ids of its own network, where that is there.
  func leftNetworks() async throws -> [String] {
    let filter = ["--filter", "label=\(LocalLabels.proxy)"]
    return try await docker.output(["network", "ls", "--quiet"] + filter).output.split(separator: "\n").map(String.init)
  }

  func removeNetwork() async throws {
    let ids = try await leftNetworks()
    if !ids.isEmpty { try await run(["network", "rm"] + ids, "remove the network of \(Self.name)") }
  }

  private func run(_ arguments: [String], _ what: String) async throws {
    let result = try await docker.output(arguments)
    if !result.isSuccess { throw EngineFailure(engine: .docker, what: what, answer: result.error) }
  }
}
