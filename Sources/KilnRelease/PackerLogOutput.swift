import KilnArtifacts
package import KilnConsole
import KilnDiagnostics
package import KilnDocuments
package import KilnPacker
import SystemPackage

/// How a report of Packer's is printed.
package enum PackerLogFormat: String, Sendable, CaseIterable {
  case text, json, dotenv, github
  case azurePipelines = "azure-pipelines"

  /// Problems are reported as the CI system's own, where it is one.
  package var errorReport: ErrorReport {
    switch self {
    case .text, .dotenv: .init()
    case .json: .init(format: .json)
    case .github: .init(format: .github)
    case .azurePipelines: .init(format: .azurePipelines)
    }
  }
}

/// A report in the form of a person's terminal or of a CI system.
package struct PackerLogOutput {
  /// What goes to standard output, or to the file of the CI system's, and what is said about it.
  package struct Result {
    package var text: Text
    package var notes: [String] = []

    package enum Text {
      case people(String)
      case json(DocumentValue)
      /// One value, to be printed as it is.
      case value(String)
      case variables([ArtifactVariables.Variable])
    }
  }

  private let report: PackerReport
  private let build: String?
  private let format: PackerLogFormat
  private let showsSecrets: Bool

  /// - Parameter build: The only one that counts.
  package init(report: PackerReport, build: String?, format: PackerLogFormat, showsSecrets: Bool) {
    self.report = report
    self.build = build
    self.format = format
    self.showsSecrets = showsSecrets
  }

  private var values: ArtifactVariables {
    ArtifactVariables(report: report, isOneLine: format == .dotenv, showsSecrets: showsSecrets)
  }

  /// The report as people may see it.
  package var shown: PackerReport { showsSecrets ? report : report.withoutSignatures }

  /// Everything that was found, for a form that is not JSON.
  package func all() throws(ArtifactChoice.Failure) -> Result {
    if format == .text { return Result(text: .people(text)) }
    let variables = try values.all(build: build)
    return Result(text: .variables(variables.variables), notes: variables.notes)
  }

  /// The only artifact of `kind`.
  package func one(_ kind: ArtifactKind, _ choice: ArtifactChoice) throws(ArtifactChoice.Failure) -> Result {
    let reference = try choice.reference(kind)
    switch format {
    case .json:
      return Result(text: .json(try ArtifactChoice(shown, build: build).artifact(kind).document))
    case .text:
      try values.refuse(reference, of: kind)
      return Result(text: .value(reference + "\n"))
    default:
      let variables = try values.one(kind, reference, choice)
      return Result(text: .variables(variables.variables), notes: variables.notes)
    }
  }

  private var text: String {
    var out = "outcome: \(report.outcome.rawValue)\n"
    for build in shown.builds where self.build == nil || build.name == self.build {
      out +=
        "\(Relayed.safe(build.name)): \(build.outcome.rawValue)\(build.duration.map { ", \(Relayed.safe($0))" } ?? "")\n"
      for artifact in build.artifacts {
        out += "  \(artifact.kind)\n"
        for case let (name, value?) in ArtifactVariables.fields(artifact).map({ ($0.name, $0.value) }) {
          out += "    \(name): \(Relayed.safe(value))\n"
        }
      }
    }
    return out
  }

  /// Prints the result, and adds variables to the CI system's file where it has one.
  package func print(_ text: Result.Text, in context: CommandContext) throws {
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

extension ArtifactVariables.Variable {
  fileprivate var isSecret: Bool { SASRedaction.isSigned(value) }

  /// As the system of `format` reads it.
  fileprivate func text(_ format: PackerLogFormat) -> String {
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
