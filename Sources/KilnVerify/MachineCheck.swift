import KilnArtifacts
package import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnEngine
import KilnGeneration
package import KilnPlan
import KilnProcesses
import KilnSpec
package import SystemPackage

/// Asks the image that Packer's docker builder made what its machine must answer.
///
/// The container that Packer commits runs no service. What runs here is a container of the committed image, with the
/// services' own command, and it is removed afterwards: nothing that a service writes comes into the image.
package struct MachineCheck: Sendable {
  package let plan: EnvironmentPlan
  /// The workspace's.
  package let root: FilePath
  package let context: CommandContext

  package init(plan: EnvironmentPlan, root: FilePath, context: CommandContext) {
    self.plan = plan
    self.root = root
    self.context = context
  }

  /// - Throws: `CommandError` with what the machine does not answer.
  package func run(image: String) async throws {
    guard let machine = plan.machine else { return }
    let ports = MachineAnswers(plan, machine, .container).ports
    guard !ports.isEmpty else { return }
    let goss = GossInContainer(
      docker: context.docker.tool, program: FilePath(try context.goss()),
      folder: try EnvironmentCheck.gossFiles(of: plan, below: root))
    let result = try await ImageInspection(
      image: image, values: machine.app?.values ?? [], docker: context.docker.tool
    ).goss(
      goss, file: GossFiles.machine(.container), port: ports.first)
    guard let checks = VerificationReport.Check.checks(gossOutput: result.output, container: "machine") else {
      throw EngineFailure(engine: .docker, what: "check \(image)", answer: result.output + result.error)
    }
    let failed = checks.filter { $0.outcome == .failed }
    guard failed.isEmpty else {
      let mask = SecretMask(of: plan, in: context.environment)
      throw CommandError(
        "bake.answers", "the machine of \(plan.customer) does not answer as the spec says",
        details: failed.map { "\($0.name): \(mask.masked($0.message))" } + ["its image is \(image)"],
        help: "correct the application, or `health` and `checks` in its spec")
    }
    let count = checks.count { $0.outcome == .passed }
    context.console.error("\(plan.customer): the machine's services answer: \(Phrase.count(count, "check")) passed\n")
  }
}
