package import KilnConsole
package import KilnDocuments
import KilnGeneration
import KilnProcesses
package import SystemPackage

/// How a customer's environment on this machine is.
package struct EnvironmentStatus: Sendable {
  package let customer: String
  package let services: [ComposeProject.ServiceState]
  /// By app, how browsers reach it by HTTPS.
  package var addresses: [String: [String]] = [:]

  package var isWell: Bool { !services.isEmpty && services.allSatisfy(\.isWell) }

  package var document: DocumentValue {
    [
      "schemaVersion": 1, "customer": .string(customer),
      "services": .list(
        services.map { state in
          [
            "name": .string(state.Service), "state": .string(state.State), "health": .string(state.Health),
            "well": .bool(state.isWell), "url": state.url.map { .string($0) } ?? .null,
            "addresses": .list((addresses[state.Service] ?? []).map { .string($0) }),
          ]
        }),
    ]
  }

  /// A line for each service, which names the customer too where there are several.
  package func text(isOneOfSeveral: Bool) -> String {
    services.map { state in
      let name = isOneOfSeveral ? "\(customer)/\(state.Service)" : state.Service
      let urls = [state.url].compactMap { $0 } + (addresses[state.Service] ?? [])
      return "\(name): \(([state.text] + urls).joined(separator: ", "))\n"
    }.joined()
  }
}

extension LocalEnvironment {
  package func status() async throws -> EnvironmentStatus {
    try await ownObjects()
    let services = try await project.states()
    if services.isEmpty { try stopUnlessKnown() }
    var status = EnvironmentStatus(customer: customer, services: services)
    // A name that somebody else's container has is `kiln up`'s to report.
    if services.contains(where: { $0.port != nil }) {
      status.addresses = (try? await LocalProxy(context).addresses(of: project.name)) ?? [:]
    }
    return status
  }

  /// The customers of which this workspace has containers, sorted.
  package static func customersWithContainers(root: FilePath, _ context: CommandContext) async throws -> [String] {
    let label = "label=\(LocalLabels.workspace)=\(WorkspaceIdentity(root: root).id)"
    let format = "{{.Label \"\(LocalLabels.customer)\"}}"
    let result = try await context.docker.tool.output(["ps", "--all", "--filter", label, "--format", format])
    guard result.isSuccess else {
      throw EngineFailure(engine: .docker, what: "list the containers of this workspace", answer: result.error)
    }
    return Set(result.output.split(separator: "\n").map(String.init)).sorted()
  }

  /// Whether Compose takes `name` for a project's, and it leaves room for the names of containers.
  package static func isProject(_ name: String) -> Bool {
    let isFirst = { (byte: UInt8) in (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }
    return name.utf8.count < 64 && name.utf8.first.map(isFirst) == true
      && name.utf8.allSatisfy { isFirst($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
  }
}
