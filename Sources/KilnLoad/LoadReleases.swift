import KilnConsole
import KilnDeploy
import KilnDiagnostics
import KilnMachines
import KilnPlan
import KilnProcesses
import KilnWorkspace

/// Results kept with the releases of a stage, where it is deployed. A place that cannot be asked is no reason to lose a
/// result: a note says so.
struct LoadReleases {
  private let releases: (any StageLoads)?
  private let context: CommandContext

  init(_ plan: EnvironmentPlan, _ target: LoadTarget, loaded: LoadedWorkspace, _ context: CommandContext) {
    let stage = target.isDeployed ? target.stage : nil
    releases = stage.flatMap { stage in
      let machines: (any StageLoads)? = MachineLoads(loaded, customer: plan.customer, stage: stage, context)
      return machines ?? ReleaseLoads(plan, stage: stage, context)
    }
    self.context = context
  }

  /// The last good result of an equal load.
  /// - Throws: `load.releases` where a regression is asked for and nobody knows from what: what is not looked at is not
  ///   good.
  func baseline(_ test: LoadTestPlan, _ load: String, _ notes: inout [String]) async throws -> LoadMark? {
    do {
      return try await releases?.baseline(test.name, load: load)
    } catch {
      let reason = "the results of earlier releases could not be read: \(Self.reason(error))"
      if test.budgets.regression != nil {
        throw CommandError(
          "load.releases", "\(reason); `regression` compares with them",
          help: "give this command what `kiln deploy` has: the kubeconfig, or Azure's variables")
      }
      notes.append(reason)
      return nil
    }
  }

  /// Keeps a result with the release that runs.
  func keep(_ result: LoadResult, _ notes: inout [String]) async {
    guard let releases else { return }
    do {
      let deployer = DeployRun.deployer(context.environment)
      let number = try await releases.keep(result.mark, of: result.test, holder: deployer)
      guard let number else { return notes.append("no release of Kiln's runs there to keep the result with") }
      notes.append("the result is kept with release \(number)")
    } catch { notes.append("the result could not be kept with the release: \(Self.reason(error))") }
  }

  private static func reason(_ error: any Error) -> String {
    Relayed.safe((error as? any CommandErrorConvertible)?.commandError.diagnostics.first?.message ?? "\(error)")
  }
}
