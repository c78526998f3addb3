import ArgumentParser
import Foundation
import KilnDocuments
import KilnPacker

struct PackerLogCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "packer-log", abstract: "Read what Packer printed: builds, outcomes and artifacts.",
    discussion: """
      Examples:
        kiln packer-log build.log                          what was built, as text
        packer build x.json | tee build.log | kiln packer-log - --kind vhd
        kiln packer-log build.log --kind managed-image --format github    id=… to $GITHUB_OUTPUT

      Exit 0: the log says that the build is good (and has the one artifact asked for); 1: it does not.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, dotenv, github
    case azurePipelines = "azure-pipelines"
  }

  @Option(help: "The only artifact wanted: vhd, managed-image, gallery-image, disk, docker-image, ami or other.")
  var kind: String?
  @Option(help: "The only build that counts.") var build: String?
  @Option(help: "A packer-manifest.json; its last run must agree with the log.") var manifest: String?
  @Option(help: "text, json, dotenv, github or azure-pipelines.") var format: Format = .text
  @Flag(help: "Print shared access signatures as they are.") var showSecrets = false
  @Argument(help: "The log; - reads standard input.") var file: String

  func run() async throws { try run(in: .current(color: .auto)) }

  func run(in context: CommandContext) throws {
    let report = try LogFile.report(file, manifest: manifest, in: context)
    let shown = showSecrets ? report : report.withoutSignatures
    let choice = ArtifactChoice(report, build: build)
    do {
      let output = PackerLogOutput(report: shown, build: build)
      guard let kind else {
        if format == .json {
          context.console.output(JSONRenderer(sortedKeys: true).render(shown.document))
          _ = try choice.builds()
          return
        }
        _ = try choice.builds()
        return context.console.output(try output.all(format, environment: context.environment))
      }
      let reference = try choice.reference(kind)
      let artifact = try ArtifactChoice(shown, build: build).artifact(kind)
      let value = showSecrets ? reference : SASRedaction.redacted(reference)
      context.console.output(try output.one(artifact, value, format, environment: context.environment))
    } catch let failure as ArtifactChoice.Failure {
      context.report(failure)
      throw KilnExit.problems
    }
  }
}

extension CommandContext {
  func report(_ failure: ArtifactChoice.Failure) {
    var text = "error: \(Relayed.safe(failure.reason))\n"
    for line in failure.found { text += "  found: \(Relayed.safe(line))\n" }
    if let help = failure.help { text += "  = help: \(Relayed.safe(help))\n" }
    console.error(text)
  }
}

/// Text from a log that goes to a CI system's log, where some lines are commands.
enum Relayed {
  /// One line on which neither `##vso[` nor `::` begins a command.
  static func safe(_ text: String) -> String {
    let line = String(
      String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
    let neutral = line.substituting("##vso[", with: "## vso[").substituting("##[", with: "## [")
    return neutral.drop { $0 == " " }.hasPrefix("::") ? "·" + neutral : neutral
  }
}
