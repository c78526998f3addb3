import KilnConsole
import KilnDeploy
import KilnDiagnostics
import KilnPlan
import KilnProcesses

/// Results kept with the releases of a stage, where it runs in a cluster. A cluster that cannot be asked is no reason to
/// lose a result: a note says so.
struct LoadReleases {
  private let releases: ReleaseLoads?
  private let context: CommandContext

  init(_ plan: EnvironmentPlan, _ target: LoadTarget, _ context: CommandContext) {
    releases = target.isDeployed ? target.stage.flatMap { ReleaseLoads(plan, stage: $0, context) } : nil
    self.context = context
  }

  /// The last good result of an equal load.
  func baseline(_ test: LoadTestPlan, _ load: String, _ notes: inout [String]) async -> LoadMark? {
    do { return try await releases?.baseline(test.name, load: load) } catch {
      notes.append("the results of earlier releases could not be read: \(Self.reason(error))")
      return nil
    }
  }

  /// Keeps a result with the release that runs.
  func keep(_ result: LoadResult, _ notes: inout [String]) async {
    guard let releases else { return }
    do {
      let deployer = DeployRun.deployer(context.environment)
      guard let number = try await releases.keep(result.mark, of: result.test, holder: deployer) else {
        return notes.append("no release of Kiln's runs there to keep the result with")
      }
      notes.append("the result is kept with release \(number)")
    } catch { notes.append("the result could not be kept with the release: \(Self.reason(error))") }
  }

  private static func reason(_ error: any Error) -> String {
    Relayed.safe((error as? any CommandErrorConvertible)?.commandError.diagnostics.first?.message ?? "\(error)")
  }
}
