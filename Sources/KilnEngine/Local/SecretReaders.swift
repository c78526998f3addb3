import KilnGeneration
package import KilnPlan
package import KilnProcesses
import KilnSpec

/// The accounts of a service that read its secrets.
package struct SecretReaders: Sendable {
  package let plan: EnvironmentPlan
  package let docker: Tool

  /// Their names: root, and what the server runs as.
  package func names(of service: String) -> [String] {
    if let own = plan.services.first(where: { $0.name == service }) { return [own.definition.user] }
    guard let workload = (plan.workloads + plan.testWorkloads).first(where: { $0.name == service }),
      let app = workload.app.flatMap({ plan.app(named: $0) }) ?? plan.testing?.app(named: service)
    else { return [] }
    // It starts as this account, and is no other ever.
    if case .own(let user) = workload.account { return [user] }
    let own = app.runtime.steps(for: .container).compactMap { planned -> String? in
      if case .user(let user) = planned.step { return user.name }
      return nil
    }
    return ["www-data"] + own
  }

  /// Their numbers in `image`, root's first. The image only says what it has: nothing of this machine is in its reach.
  package func numbers(_ service: String, in image: String) async throws -> [UInt32] {
    let script = #"for name; do id -u "$name" 2>/dev/null; done; true"#
    let result = try await docker.output(
      [
        "run", "--rm", "--network=none", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--read-only",
        "--pull=never", "--entrypoint=/bin/sh", image, "-c", script, "accounts",
      ] + names(of: service))
    guard result.isSuccess else {
      throw EngineFailure(engine: .docker, what: "ask \(image) for its accounts", answer: result.error)
    }
    return [0] + result.output.split(separator: "\n").compactMap { UInt32($0) }
  }

  /// Whether numbers of accounts are the same on this machine and in containers.
  package func areNumbersShared() async throws -> Bool {
    let result = try await docker.output(["info", "--format", "{{json .SecurityOptions}}"])
    return result.isSuccess && !["name=rootless", "name=userns"].contains { result.output.contains($0) }
  }
}
