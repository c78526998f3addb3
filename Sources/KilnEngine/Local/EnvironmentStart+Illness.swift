import KilnConsole
import KilnDiagnostics
import KilnPlan
import KilnSpec

extension EnvironmentStart {
  /// What to do where an app ends since nothing says what it runs.
  private func idleAdvice(for state: ComposeProject.ServiceState) -> String? {
    plan.app(named: state.Service)?.isIdle == true ? AppPlan.idleAdvice : nil
  }

  /// - Parameters:
  ///   - words: The last that Compose printed, where nobody has seen it.
  ///   - services: What was to be started.
  func stopOnIllness(
    _ states: [ComposeProject.ServiceState], _ code: Int32, _ words: [String], of services: [String]
  ) async throws {
    let project = environment.project
    let schedules = Set(
      plan.workloads.filter { if case .schedule = $0.kind { true } else { false } }.map(\.name))
    // A run that failed is no reason to hold up a version that may correct it.
    let failed = states.filter { schedules.contains($0.Service) && $0.Health == "unhealthy" }
    for state in failed {
      let says = try await project.healthOutput(of: state).map {
        SecretMask(of: plan, in: context.environment).relayed($0)
      }
      context.console.note(
        Diagnostic(
          "up.schedule", "\(state.Service): \(says ?? "the last run failed")", severity: .warning,
          suggestion: "`kiln logs \(customer) \(state.Service)` has what it printed"))
    }
    let ill = states.filter { state in !state.isWell && !failed.contains { $0.ID == state.ID } }
    // Compose fails for such a run, too; what it did not start is not among the states.
    let isTold = !failed.isEmpty && Set(services).isSubset(of: states.map(\.Service))
    guard (code != 0 && !isTold) || !ill.isEmpty else { return }
    var problems: [Diagnostic] = []
    let mask = SecretMask(of: plan, in: context.environment)
    for state in ill {
      let health = try await project.healthOutput(of: state).map { text in
        "its health check says: \(mask.relayed(String(text.suffix(500))))"
      }
      let lines = try await project.lastLines(of: state.Service).split(separator: "\n").suffix(15)
      problems.append(
        Diagnostic(
          "up.unhealthy", "\(state.Service) \(state.failure(within: timeout))",
          details: [health].compactMap { $0 } + lines.map { mask.relayed(String($0)) },
          suggestion: try await project.memoryAdvice(for: state) ?? idleAdvice(for: state)))
    }
    // One that was ended and started again may look well at this moment.
    for state in states where state.isWell {
      guard let advice = try await project.memoryAdvice(for: state) else { continue }
      problems.append(
        Diagnostic("up.unhealthy", "\(state.Service) ran out of memory and was started again", suggestion: advice))
    }
    if problems.isEmpty {
      problems.append(
        Diagnostic("up.compose", "docker compose failed with exit code \(code)", details: words))
    }
    throw CommandError(
      problems, kind: .problem,
      hints: ["`kiln logs \(customer)` has the rest; `kiln down \(customer)` stops and removes it"])
  }
}
