import Foundation
import KilnArtifacts
import KilnDocuments
import KilnPacker
import SystemPackage

/// A report in the form of a person's terminal or of a CI system.
struct PackerLogOutput {
  let report: PackerReport
  let build: String?

  /// The artifact's fields by name, those that are told.
  private func fields(_ artifact: PackerArtifact) -> [(name: String, value: String)] {
    switch artifact {
    case .vhd(let vhd):
      let disks = vhd.additionalDisks.enumerated().map { ("dataDiskUri\($0.offset + 1)", $0.element.uri) }
      return [
        ("osDiskUri", vhd.osDiskUri), ("osDiskUriReadOnlySas", vhd.osDiskUriReadOnlySas ?? ""),
        ("templateUri", vhd.templateUri ?? ""),
        ("templateUriReadOnlySas", vhd.templateUriReadOnlySas ?? ""),
        ("storageAccountLocation", vhd.storageAccountLocation ?? ""),
      ].filter { !$0.1.isEmpty } + disks
    case .managedImage(let id, let name, let group, let location):
      return [("id", id ?? ""), ("name", name ?? ""), ("resourceGroup", group ?? ""), ("location", location ?? "")]
        .filter { !$0.1.isEmpty }
    case .galleryImage(let id), .dockerImage(let id): return [("id", id)]
    case .disk(let uri): return [("osDiskUri", uri)]
    case .ami(let region, let id): return [("id", id), ("region", region)]
    case .other(let text): return [("text", text)]
    }
  }

  func all(_ format: PackerLogCommand.Format, environment: [String: String]) throws -> String {
    let builds = report.builds.filter { build == nil || $0.name == build }
    if format == .text {
      var out = "outcome: \(report.outcome.rawValue)\n"
      for build in builds {
        out +=
          "\(Relayed.safe(build.name)): \(build.outcome.rawValue)\(build.duration.map { ", \(Relayed.safe($0))" } ?? "")\n"
        for artifact in build.artifacts {
          out +=
            "  \(artifact.kind)\n" + fields(artifact).map { "    \($0.name): \(Relayed.safe($0.value))\n" }.joined()
        }
      }
      return out
    }
    var values: [(String, String)] = []
    for artifact in builds.flatMap(\.artifacts) {
      values += fields(artifact).map { ("\(name(artifact.kind))_\($0.name)", $0.value) }
    }
    return try lines(values, format, environment: environment)
  }

  func one(
    _ artifact: PackerArtifact, _ reference: String, _ format: PackerLogCommand.Format, environment: [String: String]
  ) throws -> String {
    switch format {
    case .text: return Relayed.safe(reference) + "\n"
    case .json: return JSONRenderer(sortedKeys: true).render(artifact.document)
    default: return try lines(fields(artifact), format, environment: environment)
    }
  }

  private func name(_ kind: String) -> String { kind.substituting("-", with: "_") }

  private func lines(_ values: [(String, String)], _ format: PackerLogCommand.Format, environment: [String: String])
    throws -> String
  {
    switch format {
    case .dotenv: return values.map { "\(name($0.0))=\($0.1.substituting("\n", with: " "))\n" }.joined()
    case .azurePipelines:
      return values.map { name, value in
        let data = value.substituting("%", with: "%AZP25").substituting("\r", with: "%0D").substituting(
          "\n", with: "%0A")
        return "##vso[task.setvariable variable=\(name);isoutput=true]\(data)\n"
      }.joined()
    default: return try github(values, environment)
    }
  }

  /// Appends to `$GITHUB_OUTPUT` where there is one, and prints the same.
  private func github(_ values: [(String, String)], _ environment: [String: String]) throws -> String {
    let text = values.map { name, value in
      guard value.hasLineBreak else { return "\(name)=\(value)\n" }
      let mark = "kiln_\(ContentDigest(of: value).hex.prefix(16))"
      return "\(name)<<\(mark)\n\(value)\n\(mark)\n"
    }.joined()
    guard let path = environment["GITHUB_OUTPUT"], !path.isEmpty else { return text }
    do {
      let file = try FileDescriptor.open(
        FilePath(path), .writeOnly, options: [.append, .create], permissions: FilePermissions(rawValue: 0o644))
      try file.closeAfter { _ = try file.writeAll(text.utf8) }
    } catch let error as Errno {
      throw FileSystemError("append to", FilePath(path), error)
    }
    return values.map { "\($0.0)=\(Relayed.safe($0.1))\n" }.joined()
  }
}
