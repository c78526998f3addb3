package import KilnConsole
import KilnDiagnostics
import KilnGeneration
import KilnProcesses
package import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What serves HTTPS in front of all environments of an engine that are up: one container, which is there as long as one of
/// them is.
///
/// Which environments take part is which networks the container is in; what it serves follows from the labels of the apps in
/// them. Nothing else is written down, so that what a killed run left is mended by the next one.
package struct LocalProxy: Sendable {
  static let name = "kiln-proxy"
  /// Its own network, by which this machine reaches it. Of a container's networks, an engine takes the first by name for what is
  /// published, and no customer's name begins with a digit.
  static let network = "0-kiln-proxy"
  /// The certificate authority, which outlives it: who trusted it once need not do so again.
  static let volume = "kiln-proxy-authority"
  /// Of the way in which it is run: one that was started in another way is replaced.
  static let version = "1"

  let context: CommandContext
  /// Where commands of this account wait for each other.
  let locks: FilePath
  var docker: Tool { context.docker.tool }

  package init(_ context: CommandContext, locks: FilePath = SecretFiles.place) {
    self.context = context
    self.locks = locks
  }

  /// The container that there is.
  struct Found: Sendable, Equatable {
    let isRunning: Bool
    let version: String
    let ports: ProxyPorts
    let subnets: [String]
    var networks: Set<String>
  }

  /// The addresses of an environment's apps, the one to show first.
  package struct Addresses: Sendable, Equatable {
    /// By app.
    package var urls: [String: [String]] = [:]
    /// Whether the proxy was not there before.
    package var isNew = false
  }

  /// Whether this machine has none.
  package var isOff: Bool { ProxyPorts.areOff(in: context.environment) }

  /// Stops where something of another owner has its name, or a variable says what no port is.
  package func check() async throws {
    _ = try ProxyPorts(in: context.environment)
    _ = try await found()
  }

  /// - Throws: `CommandError` where something of another owner has its name.
  func found() async throws -> Found? {
    func label(_ name: String) -> String { "{{.Label \"\(name)\"}}" }
    let labels = [LocalLabels.proxy, LocalLabels.proxyPorts, LocalLabels.proxySubnet].map(label)
    let result = try await docker.output([
      "ps", "--all", "--filter", "name=^/?\(Self.name)$", "--format",
      (["{{.State}}", "{{.Networks}}"] + labels).joined(separator: "|"),
    ])
    guard result.isSuccess else {
      throw EngineFailure(engine: .docker, what: "look for \(Self.name)", answer: result.error)
    }
    guard let line = result.output.split(separator: "\n").first else { return nil }
    let parts = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 5, !parts[2].isEmpty else {
      throw CommandError(
        "proxy.foreign", "on this engine, a container that is not Kiln's has the name \(Self.name)",
        help: "`docker rename \(Self.name) NAME`, or `kiln up --no-proxy`, without HTTPS")
    }
    return Found(
      isRunning: parts[0] == "running", version: parts[2], ports: ProxyPorts(parts[3]) ?? ProxyPorts(),
      subnets: parts[4].split(separator: " ").map(String.init),
      networks: Set(parts[1].split(separator: ",").map(String.init)).subtracting([Self.network]))
  }

  /// Brings the proxy in front of a project that is up; starts it where it is not there.
  /// - Parameter image: Gives the image that it is started from, and is asked only then.
  package func join(_ project: String, image: () async throws -> String) async throws -> Addresses {
    let lock = try await lock()
    defer { lock.release() }
    let wanted = try ProxyPorts(in: context.environment)
    let network = ComposeProject.network(of: project)
    var earlier: Found?
    if var found = try await found() {
      if found.isRunning, found.version == Self.version, wanted == nil || wanted == found.ports {
        if found.networks.insert(network).inserted { try await connect(network) }
        // One that does not take it is started again.
        if let names = try? await configure(found, attempts: 1) { return addresses(of: project, names, found.ports) }
        try Interruption.check()
      }
      earlier = found
      try await removeContainer()
    }
    let image = try await image()
    do {
      let found = try await start(
        image: image, ports: wanted ?? ProxyPorts(), own: network, others: earlier?.networks ?? [])
      var addresses = addresses(of: project, try await configure(found, attempts: 50), found.ports)
      addresses.isNew = true
      return addresses
    } catch {
      if let earlier { try? await restart(earlier, image: image, without: network) }
      throw error
    }
  }

  /// Gives the other environments back what they had, where it could not be started in another way.
  private func restart(_ earlier: Found, image: String, without network: String) async throws {
    guard earlier.isRunning, try await found() == nil,
      let first = earlier.networks.subtracting([network]).min()
    else { return }
    let found = try await start(
      image: image, ports: earlier.ports, own: first, others: earlier.networks.subtracting([network]))
    _ = try await configure(found, attempts: 50)
  }

  /// Takes the proxy away from a project, and all of it where that was the last one.
  package func leave(_ project: String) async throws {
    // A container of another owner is `kiln up`'s to report. Where nothing is there, nobody is waited for.
    if (try? await found()) == nil, try await leftNetworks().isEmpty { return }
    let lock = try await lock()
    defer { lock.release() }
    guard var found = try? await found() else { return try await removeNetwork() }
    let network = ComposeProject.network(of: project)
    if found.networks.remove(network) != nil { try await disconnect(network) }
    let others = Set(try await ProxiedApp.all(on: docker).map(\.network)).intersection(found.networks)
    if others.isEmpty {
      for network in found.networks { try await disconnect(network) }
      try await removeContainer()
      try await removeNetwork()
    } else if found.isRunning {
      _ = try await configure(found, attempts: 1)
    }
  }

  /// The addresses of a project's apps; none where the proxy is not in front of them.
  package func addresses(of project: String) async throws -> [String: [String]] {
    guard let found = try await found(), found.isRunning,
      found.networks.contains(ComposeProject.network(of: project))
    else { return [:] }
    let names = ProxyNames(try await ProxiedApp.all(on: docker).filter { found.networks.contains($0.network) })
    return addresses(of: project, names, found.ports).urls
  }

  private func addresses(of project: String, _ names: ProxyNames, _ ports: ProxyPorts) -> Addresses {
    Addresses(urls: names.names(of: project).mapValues { $0.map(ports.address) })
  }

  /// Gives the proxy what it serves now. Networks of environments that are gone are left: else nobody could remove them.
  /// - Parameter attempts: One that has just been started does not listen at once.
  private func configure(_ found: Found, attempts: Int) async throws -> ProxyNames {
    let apps = try await ProxiedApp.all(on: docker).filter { found.networks.contains($0.network) }
    for network in found.networks.subtracting(apps.map(\.network)) { try await disconnect(network) }
    let names = ProxyNames(apps)
    let bytes = ProxyConfiguration(names: names, ports: found.ports, subnets: found.subnets).bytes
    var answer = ""
    for attempt in 1...attempts {
      let result = try await docker.output(
        ["exec", "--interactive", Self.name, "caddy", "reload", "--config", "-"], input: bytes)
      if result.isSuccess { return names }
      answer = result.error
      try Interruption.check()
      if attempt < attempts { try await Task.sleep(for: .milliseconds(100)) }
    }
    throw EngineFailure(engine: .docker, what: "configure \(Self.name)", answer: answer)
  }

  /// The root certificate of its authority, in PEM.
  package func certificate() async throws -> String {
    guard let found = try await found(), found.isRunning else {
      throw CommandError(
        "proxy.down", "no environment with HTTPS is up on this machine",
        help: "`kiln up CUSTOMER` makes the authority at its first start")
    }
    let result = try await docker.output(["exec", Self.name, "cat", Self.certificatePath])
    guard result.isSuccess else {
      throw EngineFailure(engine: .docker, what: "read the certificate of \(Self.name)", answer: result.error)
    }
    return result.output
  }

  /// Of commands of this account; it is held for moments.
  private func lock() async throws -> EnvironmentLock {
    let file = locks.appending("\(Self.name)-\(geteuid()).lock")
    return try await EnvironmentLock.wait(for: file) { _ in
      context.console.error("note: another kiln starts or changes \(Self.name): waiting for it\n")
    }
  }
}
