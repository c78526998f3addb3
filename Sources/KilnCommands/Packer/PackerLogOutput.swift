import Foundation
import KilnArtifacts
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
      case whole(String)
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

  func json(_ document: DocumentValue) -> String { Relayed.safe(json: JSONRenderer(sortedKeys: true).render(document)) }

  /// Everything that was found, for a form that is not JSON.
  func all() throws(ArtifactChoice.Failure) -> Result {
    if format == .text { return Result(text: .whole(text)) }
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
      return Result(text: .whole(json(try ArtifactChoice(shown, build: build).artifact(kind).document)))
    case .text:
      try refuseSigned(reference, kind)
      return Result(text: .whole(Relayed.safe(reference) + "\n"))
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
    let isCommand = value.split(whereSeparator: \.isNewline).contains { Relayed.isCommand(String($0)) }
    return isCommand ? ("would be a command to a CI system", nil) : nil
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

  /// What to print once a CI system's file, if any, has its part.
  func handedOn(_ text: Result.Text, environment: [String: String]) throws -> String {
    guard case .variables(let variables) = text else {
      if case .whole(let text) = text { return text }
      return ""
    }
    switch format {
    case .azurePipelines:
      return variables.map { variable in
        let data = variable.value.substituting("%", with: "%AZP25").substituting("\r", with: "%0D")
          .substituting("\n", with: "%0A")
        return "##vso[task.setvariable variable=\(variable.name);isoutput=true]\(data)\n"
      }.joined()
    case .github:
      if let path = environment["GITHUB_OUTPUT"], !path.isEmpty { try append(variables, to: FilePath(path)) }
      return Self.lines(variables)
    default: return Self.lines(variables)
    }
  }

  /// `name=value` on one line each, as dotenv files have no way to write a line break.
  private static func lines(_ variables: [Variable]) -> String {
    variables.map { "\($0.name)=\(Relayed.safe($0.value))\n" }.joined()
  }

  private func append(_ variables: [Variable], to path: FilePath) throws {
    let text = variables.map { variable in
      guard variable.value.hasLineBreak else { return "\(variable.name)=\(variable.value)\n" }
      let mark = "kiln_\(ContentDigest(of: variable.value).hex.prefix(16))"
      return "\(variable.name)<<\(mark)\n\(variable.value)\n\(mark)\n"
    }.joined()
    do {
      let file = try FileDescriptor.open(
        path, .writeOnly, options: [.append, .create], permissions: FilePermissions(rawValue: 0o644))
      try file.closeAfter { _ = try file.writeAll(text.utf8) }
    } catch let error as Errno {
      throw FileSystemError("append to", path, error)
    }
  }
}
