import KilnArtifacts
package import KilnEngine
import KilnGeneration
package import KilnPlan
package import KilnProcesses
import KilnSpec
package import SystemPackage

/// Checks a running environment: goss in every container, pages and services from within the app's.
package struct EnvironmentVerification: Sendable {
  package let plan: EnvironmentPlan
  package let docker: Tool
  /// The goss program on this machine.
  package let goss: String
  /// Where the goss files of the plan stand on this machine.
  package let folder: FilePath

  package typealias Check = VerificationReport.Check

  /// What is expected of a service: its goss file, the digest of what it is made from, and how many containers it has.
  private struct Expected: Sendable {
    let service: String
    let file: String
    let digest: String
    var replicas = 1
  }

  private var expected: [Expected] {
    let order = plan.workloads.filter { $0.app != nil } + plan.workloads.filter { $0.app == nil }
    return order.compactMap { workload in
      guard let digest = workload.digest?.description else { return nil }
      let app = workload.app ?? ""
      switch workload.kind {
      case .service: return Expected(service: workload.name, file: GossFiles.service(workload.name), digest: digest)
      case .app: return Expected(service: workload.name, file: GossFiles.running(app), digest: digest)
      case .worker, .schedule:
        return Expected(
          service: workload.name, file: GossFiles.beside(app), digest: digest, replicas: workload.replicas)
      // It ends.
      case .migration, .test, .helper: return nil
      }
    }
  }

  package func report(_ containers: [EngineContainer]) async throws -> VerificationReport {
    let results = try await withThrowingTaskGroup(of: (Int, [Check]).self) { group in
      for (index, wanted) in expected.enumerated() {
        let own = containers.filter { $0.service == wanted.service }
        group.addTask {
          let first = own.first { $0.state == "running" } ?? own.first
          let found = try await self.checks(of: wanted.service, wanted.file, wanted.digest, in: first)
          return (index, found + (wanted.replicas == 1 ? [] : [self.replicas(of: wanted, own)]))
        }
      }
      var found: [(Int, [Check])] = []
      for try await one in group { found.append(one) }
      return found.sorted { $0.0 < $1.0 }.flatMap(\.1)
    }
    let strangers = containers.filter { container in !expected.contains { $0.service == container.service } }.map {
      Check(
        container: $0.service, name: "Container: spec", outcome: .failed,
        message: "the spec has no such service; `kiln up \(plan.customer)` removes it")
    }
    return VerificationReport(customer: plan.customer, isRunning: true, checks: results + strangers)
  }

  /// Whether all containers of a workload run, and none of another version.
  private func replicas(of wanted: Expected, _ containers: [EngineContainer]) -> Check {
    let count = containers.count { $0.state == "running" && $0.digest == wanted.digest }
    let isWhole = count == wanted.replicas && containers.count == wanted.replicas
    return Check(
      container: wanted.service, name: "Container: replicas", outcome: isWhole ? .passed : .failed,
      message: isWhole ? "" : "\(count) of \(wanted.replicas) run as the spec says; `kiln up \(plan.customer)` mends it"
    )
  }

  private func checks(of service: String, _ file: String, _ digest: String, in container: EngineContainer?) async throws
    -> [Check]
  {
    guard let container, container.state == "running" else {
      let state = container.map { "it is \($0.state)" } ?? "there is none"
      return [
        Check(
          container: service, name: "Container: running", outcome: .failed,
          message: "\(state); `kiln up \(plan.customer)` starts it, `kiln logs \(plan.customer) \(service)` may say why"
        )
      ]
    }
    let isSame = container.digest == digest
    let version = Check(
      container: service, name: "Container: version", outcome: isSame ? .passed : .failed,
      message: isSame ? "" : "another version than the spec's is up; `kiln up \(plan.customer)` replaces it")
    return [Check(container: service, name: "Container: running", outcome: .passed, message: ""), version]
      + (try await goss(file, in: container))
  }

  private func goss(_ file: String, in container: EngineContainer) async throws -> [Check] {
    let run = GossInContainer(docker: docker, program: FilePath(goss), folder: folder)
    let result = try await run.run(file, in: container.id)
    guard let checks = Check.checks(gossOutput: result.output, container: container.service) else {
      throw EngineFailure(engine: .docker, what: "check \(container.service)", answer: result.output + result.error)
    }
    return checks
  }
}
