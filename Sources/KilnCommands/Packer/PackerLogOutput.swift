import Foundation
import KilnArtifacts
import KilnConsole
import KilnDocuments
import KilnPacker
import SystemPackage

/// A report in the form of a person's terminal or of a CI system.
struct PackerLogOutput {
  /// What goes to standard output, or to the file of the CI system's, and what is said about it.
  struct Result {
    var text: Text
    var notes: [String] = []

    enum Text {
      case people(String)
      case json(DocumentValue)
      /// One value, to be printed as it is.
      case value(String)
      case variables([Variable])
    }
  }

  struct Variable {
    let name: String
    let value: String
  }

  private struct Field {
    let name: String
    let value: String?
  }

  let report: PackerReport
  let build: String?
  let format: PackerLogCommand.Format
  let showsSecrets: Bool

  /// The report as people may see it.
  var shown: PackerReport { showsSecrets ? report : report.withoutSignatures }

  /// Everything that was found, for a form that is not JSON.
  func all() throws(ArtifactChoice.Failure) -> Result {
    if format == .text { return Result(text: .people(text)) }
    let builds = report.builds.filter { build == nil || $0.name == build }
    var result: [Variable] = []
    var notes: [String] = []
    for artifact in builds.flatMap(\.artifacts) {
      let own = try variables(artifact, prefix: Self.name(artifact.kind) + "_", &notes)
      if let twice = own.first(where: { variable in result.contains { $0.name == variable.name } }) {
        throw ArtifactChoice.Failure(
          reason: "more than one \(artifact.kind) would be \"\(twice.name)\"",
          help: "--build NAME chooses one build; --format json tells all", found: found)
      }
      result += own
    }
    return Result(text: .variables(result), notes: notes)
  }

  /// The only artifact of `kind`.
  func one(_ kind: String, _ choice: ArtifactChoice) throws(ArtifactChoice.Failure) -> Result {
    let reference = try choice.reference(kind)
    switch format {
    case .json:
      return Result(text: .json(try ArtifactChoice(shown, build: build).artifact(kind).document))
    case .text:
      try refuseSigned(reference, kind)
      if let problem = problem(reference) {
        throw ArtifactChoice.Failure(
          reason: "the \(kind)'s value \(problem.reason)", help: problem.help ?? "--format json prints it", found: found
        )
      }
      return Result(text: .value(reference + "\n"))
    default:
      try refuseSigned(reference, kind)
      var notes: [String] = []
      let variables = try variables(try choice.artifact(kind), prefix: "", &notes)
      return Result(text: .variables(variables), notes: notes)
    }
  }

  private var text: String {
    var out = "outcome: \(report.outcome.rawValue)\n"
    for build in shown.builds where self.build == nil || build.name == self.build {
      out +=
        "\(Relayed.safe(build.name)): \(build.outcome.rawValue)\(build.duration.map { ", \(Relayed.safe($0))" } ?? "")\n"
      for artifact in build.artifacts {
        out += "  \(artifact.kind)\n"
        for case let (name, value?) in fields(artifact).map({ ($0.name, $0.value) }) {
          out += "    \(name): \(Relayed.safe(value))\n"
        }
      }
    }
    return out
  }

  private var found: [String] {
    report.builds.flatMap { build in
      build.artifacts.map { "\(build.name): \($0.kind) \(SASRedaction.redacted($0.reference ?? ""))" }
    }
  }

  /// A signature is not redacted where its value is used: what is printed must work, or not be printed.
  private func refuseSigned(_ reference: String, _ kind: String) throws(ArtifactChoice.Failure) {
    guard SASRedaction.isSigned(reference), !showsSecrets else { return }
    throw ArtifactChoice.Failure(
      reason: "the \(kind)'s URI holds a shared access signature", help: "--show-secrets hands it on", found: found)
  }

  /// The artifact's fields as a CI system's variables: the one it is used by must be real, others are left out.
  private func variables(_ artifact: PackerArtifact, prefix: String, _ notes: inout [String])
    throws(ArtifactChoice.Failure) -> [Variable]
  {
    var variables: [Variable] = []
    for field in fields(artifact) {
      guard let value = field.value else { continue }
      let problem = problem(value)
      if let problem, value == artifact.reference {
        throw ArtifactChoice.Failure(
          reason: "the \(artifact.kind)'s \(field.name) \(problem.reason)", help: problem.help, found: found)
      }
      if let problem {
        notes.append(
          "\(artifact.kind): \(field.name) is left out: it \(problem.reason)\(problem.help.map { "; \($0)" } ?? "")")
      } else {
        variables.append(Variable(name: prefix + field.name, value: value))
      }
    }
    return variables
  }

  /// Why a value is not handed on.
  private func problem(_ value: String) -> (reason: String, help: String?)? {
    switch WithheldText(value) {
    case .masked: return ("is masked in the log", nil)
    case .unknown: return ("is UNKNOWN ID in the log", nil)
    case nil: break
    }
    if !showsSecrets, SASRedaction.isSigned(value) {
      return ("holds a shared access signature", "--show-secrets hands it on")
    }
    if Relayed.hasControls(value) { return ("has control characters in it", "--format json prints it") }
    if Relayed.isCommand(value) { return ("would be a command to a CI system", nil) }
    if format == .dotenv, value.hasLineBreak { return ("has several lines", "--format json or github can write it") }
    return nil
  }

  private func fields(_ artifact: PackerArtifact) -> [Field] {
    switch artifact {
    case .vhd(let vhd):
      [
        Field(name: "osDiskUri", value: vhd.osDiskUri),
        Field(name: "osDiskUriReadOnlySas", value: vhd.osDiskUriReadOnlySas),
        Field(name: "templateUri", value: vhd.templateUri),
        Field(name: "templateUriReadOnlySas", value: vhd.templateUriReadOnlySas),
        Field(name: "storageAccountLocation", value: vhd.storageAccountLocation),
      ] + vhd.additionalDisks.enumerated().map { Field(name: "dataDiskUri\($0.offset + 1)", value: $0.element.uri) }
    case .managedImage(let id, let name, let group, let location):
      [
        Field(name: "id", value: id), Field(name: "name", value: name), Field(name: "resourceGroup", value: group),
        Field(name: "location", value: location),
      ]
    case .galleryImage(let id), .dockerImage(let id): [Field(name: "id", value: id)]
    case .disk(let uri): [Field(name: "osDiskUri", value: uri)]
    case .ami(let region, let id): [Field(name: "id", value: id), Field(name: "region", value: region)]
    case .other(let text): [Field(name: "text", value: text)]
    }
  }

  private static func name(_ kind: String) -> String { kind.substituting("-", with: "_") }

  /// Prints the result, and adds variables to the CI system's file where it has one.
  func print(_ text: Result.Text, in context: CommandContext) throws {
    switch text {
    case .people(let text): context.console.output(text)
    case .json(let document): context.console.output(json: document)
    case .value(let value): context.console.raw(.output, value)
    case .variables(let variables):
      let path = context.environment["GITHUB_OUTPUT"].flatMap { $0.isEmpty ? nil : FilePath($0) }
      if format == .github, let path {
        // On a runner, which shows its log to others.
        context.console.raw(.output, variables.filter(\.isSecret).map { "::add-mask::\($0.value)\n" }.joined())
        try append(variables.map(\.githubOutput).joined(), to: path)
      }
      context.console.raw(.output, variables.map { $0.text(format) }.joined())
    }
  }

  /// A file that another tool left without its last newline gets one first.
  private func append(_ text: String, to path: FilePath) throws {
    do {
      let file = try FileDescriptor.open(
        path, .readWrite, options: [.append, .create, .closeOnExec], permissions: FilePermissions(rawValue: 0o644))
      try file.closeAfter {
        var last: [UInt8] = [0x0A]
        if let end = try? file.seek(offset: 0, from: .end), end > 0 {
          _ = try last.withUnsafeMutableBytes { try file.read(fromAbsoluteOffset: end - 1, into: $0) }
        }
        _ = try file.writeAll(((last == [0x0A] ? "" : "\n") + text).utf8)
      }
    } catch let error as Errno {
      throw FileSystemError("append to", path, error)
    }
  }
}

extension PackerLogOutput.Variable {
  fileprivate var isSecret: Bool { SASRedaction.isSigned(value) }

  /// As the system of `format` reads it.
  fileprivate func text(_ format: PackerLogCommand.Format) -> String {
    switch format {
    case .azurePipelines:
      let data = value.substituting("%", with: "%AZP25").substituting("\r", with: "%0D").substituting("\n", with: "%0A")
      return "##vso[task.setvariable variable=\(name);isoutput=true\(isSecret ? ";issecret=true" : "")]\(data)\n"
    case .github: return githubOutput
    default: return "\(name)=\(value)\n"
    }
  }

  /// A line of the file `$GITHUB_OUTPUT`, or several between two marks.
  fileprivate var githubOutput: String {
    guard value.hasLineBreak else { return "\(name)=\(value)\n" }
    let mark = "kiln_\(ContentDigest(of: value).hex.prefix(16))"
    return "\(name)<<\(mark)\n\(value)\n\(mark)\n"
  }
}
