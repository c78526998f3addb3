import KilnGeneration
import KilnProcesses
import KilnSpec

/// An app of an environment that is up, as the engine knows it: what the proxy serves is derived from that alone, so that no
/// run of Kiln can lose what another one has started.
struct ProxiedApp: Sendable, Equatable {
  /// Unique on the engine; but another customer's service may be called so, and the engine answers by either.
  let container: String
  let project: String
  let name: String
  let port: Int
  let domains: [String]

  /// By which the proxy reaches it: in its own customer's network, where no other customer's service is.
  var address: String { "\(container).\(network)" }
  var network: String { ComposeProject.network(of: project) }

  /// Sorted by project and name.
  static func all(on docker: Tool) async throws -> [ProxiedApp] {
    func label(_ name: String) -> String { "{{.Label \"\(name)\"}}" }
    let fields = [
      "{{.Names}}", label("com.docker.compose.project"), label("com.docker.compose.service"), label(LocalLabels.port),
      label(LocalLabels.domains),
    ]
    let result = try await docker.output([
      "ps", "--all", "--filter", "label=\(LocalLabels.workload)=app", "--filter", "label=\(LocalLabels.port)",
      "--filter", "label=com.docker.compose.oneoff=False", "--format", fields.joined(separator: "|"),
    ])
    guard result.isSuccess else {
      throw EngineFailure(engine: .docker, what: "list the apps that are up", answer: result.error)
    }
    return result.output.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == fields.count, let port = Int(parts[3]) else { return nil }
      return ProxiedApp(
        container: parts[0], project: parts[1], name: parts[2], port: port,
        domains: parts[4].split(separator: ",").map(String.init))
    }
    .sorted { ($0.project, $0.name) < ($1.project, $1.name) }
  }
}

/// The names of the apps that are up, each name one app's.
struct ProxyNames: Sendable, Equatable {
  struct Entry: Sendable, Equatable {
    let app: ProxiedApp
    /// The first is the one to show.
    var names: [String] = []
  }

  private(set) var entries: [Entry]

  /// Two working copies of one workspace have the same domains: the project that is sorted first has them. Nobody has a
  /// domain below the names of a project: its apps' cookies may be for all of these.
  init(_ apps: [ProxiedApp]) {
    entries = apps.map { Entry(app: $0) }
    var taken: Set<String> = []
    var projects: Set<String> = []
    for index in entries.indices {
      let app = apps[index]
      // What Compose takes for a project's name and no name of a host has.
      let environment = app.project.replacing("_", with: "-")
      projects.insert(environment)
      let isOnly = apps.count { $0.project == app.project } == 1
      var own = [LocalName.app(app.name, of: environment)] + (isOnly ? [LocalName.environment(environment)] : [])
      if isOnly, app.name == EnvironmentSpec.App.onlyName { own.reverse() }
      entries[index].names = own.filter { taken.insert($0).inserted }
    }
    for index in entries.indices {
      let domains = apps[index].domains.filter { domain in
        !projects.contains(domain.split(separator: ".").last.map(String.init) ?? "")
      }
      entries[index].names += domains.compactMap(LocalName.domain).filter { taken.insert($0).inserted }
    }
  }

  /// By the names of a project's apps.
  func names(of project: String) -> [String: [String]] {
    let own = entries.filter { $0.app.project == project }
    return Dictionary(own.map { ($0.app.name, $0.names) }) { first, _ in first }
  }
}
