import KilnArtifacts
import KilnConsole
import KilnDiagnostics
import KilnEngine
package import KilnHTTP
import KilnMachines
import KilnPlan
import KilnSpec
import KilnWorkspace

/// Where a load test asks.
package struct LoadTarget: Sendable {
  /// Nil for the environment's own values.
  let stage: String?
  let address: HTTPAddress
  /// Whether it is the stage itself, and not what is up here with its values.
  let isDeployed: Bool
  /// The folder of its results: those of different targets are not comparable.
  let folder: String

  /// What the user has named.
  package enum Choice: Sendable {
    /// The environment that is up on this machine.
    case local
    /// A stage, at its own address or at another.
    case stage(String, HTTPAddress?)
    case url(HTTPAddress)

    package init(stage: String?, url: HTTPAddress?) {
      self = stage.map { .stage($0, url) } ?? url.map { .url($0) } ?? .local
    }
  }

  /// - Throws: `load.url`, `load.address`, `input.stage`, and what `LocalEnvironment` throws.
  static func find(
    _ choice: Choice, app: AppPlan, plan: EnvironmentPlan, loaded: LoadedWorkspace, _ context: CommandContext
  ) async throws -> LoadTarget {
    switch choice {
    case .url(let address):
      let digest = ContentDigest(of: address.text).hex.prefix(8)
      return LoadTarget(stage: nil, address: try checked(address), isDeployed: false, folder: "url-\(digest)")
    case .stage(let stage, let named):
      let address = try await own(stage, named, app, plan, loaded, context)
      return LoadTarget(stage: stage, address: try checked(address), isDeployed: true, folder: "stage-\(stage)")
    case .local:
      let environment = try LocalEnvironment(plan.customer, root: loaded.workspace.root, context)
      try await environment.stopUnlessThere([])
      let states = try await environment.project.states()
      guard let port = states.first(where: { $0.Service == app.name })?.port,
        let address = HTTPAddress("http://127.0.0.1:\(port)")
      else {
        throw CommandError(
          "load.address", "\(app.name) of \(plan.customer) has no port on this machine",
          help: "`kiln up \(plan.customer)` gives it one")
      }
      let stage = environment.state.stage
      return LoadTarget(
        stage: stage, address: address, isDeployed: false, folder: stage.map { "local-\($0)" } ?? "local")
    }
  }

  private static func own(
    _ stage: String, _ named: HTTPAddress?, _ app: AppPlan, _ plan: EnvironmentPlan, _ loaded: LoadedWorkspace,
    _ context: CommandContext
  ) async throws -> HTTPAddress {
    if let named { return named }
    if let machines = MachineLoads(loaded, customer: plan.customer, stage: stage, context),
      let address = try await machines.address().flatMap(HTTPAddress.init)
    {
      return address
    }
    guard let own = plan.address(of: app, in: stage), let address = HTTPAddress("\(own.scheme)://\(own.host)") else {
      throw CommandError(
        "load.address", "\(app.name) of \(plan.customer) has no domain in the stage \(stage)",
        help: "say its `domains`, or where it is: --stage \(stage) --url https://…")
    }
    return address
  }

  /// JMeter gets the parts of an address as properties, in arguments that everybody on the machine may read.
  private static func checked(_ address: HTTPAddress) throws -> HTTPAddress {
    let refused: [Character] = ["@", "?", "#", "{", "}", "|", "^", "`", "<", ">"]
    if let character = address.text.first(where: refused.contains) {
      throw CommandError(
        "load.url", "the address of a load test has no \"\(character)\"",
        help: "scheme, host, port and the begin of the path, as in https://care.acme.example/shop")
    }
    return address
  }

  /// What a plan reads.
  var properties: [(name: String, value: String)] {
    let host = address.host
    let defaultPort = address.scheme == "https" ? "443" : "80"
    let port = address.hasPort ? String(address.authority.dropFirst(host.count + 1)) : defaultPort
    return [("scheme", address.scheme), ("host", host), ("port", port), ("prefix", prefix)]
  }

  /// The path, without a slash at its end.
  var prefix: String {
    var path = address.text.dropFirst(address.scheme.count + 3).drop { $0 != "/" }
    while path.hasSuffix("/") { path.removeLast() }
    return String(path)
  }
}
