import KilnDiagnostics
package import KilnPlan
import KilnSpec

/// Ports of this machine as `--port` takes them: `8081`, or `care=8081` where several apps have one.
package enum PortChoice {
  /// What is meant for the number.
  package static func number(_ text: String) -> String {
    text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).last.map(String.init) ?? ""
  }

  package static func isValid(_ text: String) -> Bool { Int(number(text)).map { (1...65535).contains($0) } ?? false }

  /// By app; without its name, of the only one that has a port.
  package static func ports(_ texts: [String], of plan: EnvironmentPlan) throws -> [String: Int] {
    let names = plan.apps.filter { $0.spec.port != nil }.map(\.name)
    var ports: [String: Int] = [:]
    for text in texts {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      let name = parts.count == 2 ? parts[0] : names.first ?? ""
      if parts.count == 1, names.count > 1 {
        throw CommandError(
          "up.port", "\(plan.customer) has several apps with a port: which one is \(text) for?",
          help: "as in --port \(names[0])=\(text); there are: \(names.joined(separator: ", "))")
      }
      guard names.contains(name) else {
        throw CommandError(
          "up.port",
          parts.count == 1
            ? "\(plan.customer) has no app with a port" : "\(plan.customer) has no app \"\(name)\" with a port",
          help: names.isEmpty ? "leave --port out" : "there are: \(names.joined(separator: ", "))")
      }
      ports[name] = Int(parts.last ?? "")
    }
    return ports
  }
}
