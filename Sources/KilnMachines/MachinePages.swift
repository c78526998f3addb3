import KilnConsole
import KilnDeploy
import KilnDiagnostics
import KilnEngine
import KilnHTTP
import KilnPlan
import KilnProcesses
import KilnSpec
import KilnVerify
import KilnWorkspace

/// Asks a deployed app for its pages until all are right.
struct MachinePages: Sendable {
  let target: MachineTarget
  let mask: SecretMask
  /// Seconds since 1970.
  let deadline: Double
  let report: @Sendable (DeployEvent) -> Void

  /// Between two rounds, in seconds.
  private static let interval = 5.0

  /// - Throws: `ScaleSetRollout.Failure` for pages that are not right in time.
  func check(_ address: String?) async throws {
    guard let app = target.plan.machine?.app, app.spec.health != nil || !app.spec.checks.isEmpty else { return }
    guard let address else {
      report(
        .warning(
          "nothing says where \(app.name) answers: its pages are not asked for; say it in `deploy: {azure: {address: …}}`, or give the template an output `address`"
        ))
      return
    }
    // An output is what a template says.
    guard let url = HTTPAddress(address) else {
      throw ScaleSetRollout.Failure(reason: "the deployment's address is none: \(Relayed.safe(address))")
    }
    report(.step("asking \(url.text) for its pages"))
    while true {
      let verification = try AddressVerification(
        plan: target.plan, app: app.name, address: url, target.context)
      let failed = await verification.report().masked(mask).failed
      guard let first = failed.first else { return }
      try Interruption.check()
      guard target.clock.now() < deadline else {
        throw ScaleSetRollout.Failure(
          reason: "\(app.name): \(first.name): \(first.message)"
            + (failed.count > 1 ? " (and \(failed.count - 1) more)" : ""))
      }
      await target.clock.sleep(Self.interval)
    }
  }
}
