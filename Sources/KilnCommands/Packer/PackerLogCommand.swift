import ArgumentParser
import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnPacker
import KilnRelease

struct PackerLogCommand: SynchronousCommand {
  static let configuration = CommandConfiguration(
    commandName: "packer-log", abstract: "Read what Packer printed: builds, outcomes and artifacts.",
    discussion: """
      Examples:
        kiln packer-log build.log    what was built, as text
        packer build x.json | tee build.log | kiln packer-log - --kind vhd
        kiln packer-log build.log --kind managed-image --format github

      With --format github, id=… goes to $GITHUB_OUTPUT.
      Exit 0: the build succeeded by its log (and has the one artifact asked for);
      1: it did not.
      """)

  @Option(help: "The only artifact wanted: vhd, managed-image, gallery-image, disk, docker-image, ami or other.")
  var kind: String?
  @Option(help: "The only build that counts.") var build: String?
  @Option(help: "A packer-manifest.json; its last run must agree with the log.") var manifest: String?
  @Option(help: "text, json, dotenv, github or azure-pipelines.") var format: PackerLogFormat = .text
  @Flag(help: "Print shared access signatures as they are.") var showSecrets = false
  @Argument(help: "The log; - reads standard input.") var file: String

  var errorReport: ErrorReport { format.errorReport }

  func run(in context: CommandContext) throws {
    let report = try LogFile.report(file, manifest: manifest, in: context)
    let choice = ArtifactChoice(report, build: build)
    let output = PackerLogOutput(report: report, build: build, format: format, showsSecrets: showSecrets)
    for build in report.builds {
      for reason in build.refused { context.console.error("warning: \(Relayed.safe("\(build.name): \(reason)"))\n") }
    }
    let result: PackerLogOutput.Result
    if let kind {
      result = try output.one(choice.kind(kind), choice)
    } else {
      // The whole report in JSON is worth reading when the run failed, too.
      if format == .json { context.console.output(json: output.shown.document) }
      _ = try choice.builds()
      if format == .json { return }
      result = try output.all()
    }
    for note in result.notes { context.console.error("warning: \(Relayed.safe(note))\n") }
    try output.print(result.text, in: context)
  }
}

extension PackerLogFormat: ExpressibleByArgument {}
