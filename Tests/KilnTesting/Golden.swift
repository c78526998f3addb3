package import Foundation
import KilnArtifacts
import KilnDiagnostics
import KilnPlan

/// A text file that is read like a specification: `=== PATH` begins a file of a workspace, `=== generated/PATH` one that
/// comes of it. `=== generated` alone lists all that come of it.
///
/// Digests are masked (`RUNTIME`, `APP`, `SPEC`, `redis`): what they are made of is tested where they are made.
package struct Golden: Sendable, CustomStringConvertible {
  package let description: String
  private let file: URL
  private let sections: [(path: String, text: String)]

  /// The fixtures in `folder`, by name.
  package static func all(in folder: URL) -> [Golden] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".txt") }.sorted().compactMap { try? Golden(folder.appending(path: $0)) }
  }

  package init(_ file: URL) throws {
    self.file = file
    description = String(file.lastPathComponent.dropLast(4))
    var sections: [(path: String, text: String)] = []
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("=== ") {
        sections.append((String(line.dropFirst(4)), ""))
      } else if !sections.isEmpty {
        sections[sections.count - 1].text += line + "\n"
      }
    }
    // The file's own last newline gives one empty line too many.
    if let last = sections.indices.last { sections[last].text.removeLast() }
    self.sections = sections
  }

  /// The workspace that the file describes.
  package var workspace: SampleWorkspace {
    let files = sections.filter { !$0.path.hasPrefix(Self.output) }
    return SampleWorkspace(Dictionary(files.map { ($0.path, $0.text) }) { $1 })
  }

  private static let output = "generated"

  /// How what comes of the workspace differs from what the file says, as a diff; nil where it does not.
  ///
  /// With `GOLDEN=record` the file is rewritten, and the difference is reported all the same.
  package func difference() throws -> String? {
    let workspace = workspace
    if !workspace.problems.isEmpty { return workspace.problems.map { "\($0.id): \($0.message)\n" }.joined() }
    let masks = Self.masks(workspace.plans)
    var actual: [String: String] = [:]
    for (path, text) in try workspace.generated() {
      actual["\(Self.output)/\(Self.masked(path, masks))"] = Self.masked(text, masks)
    }
    actual[Self.output] = actual.keys.sorted().map { "\($0.dropFirst(Self.output.count + 1))\n" }.joined()
    let expected = sections.filter { $0.path.hasPrefix(Self.output) }
    guard !expected.isEmpty else { return "\(description) names no generated file" }
    var difference = ""
    for (path, text) in expected where actual[path] != text {
      difference += LineDiff.unified(path: path, old: Array(text.utf8), new: actual[path].map { Array($0.utf8) })
    }
    if !difference.isEmpty, ProcessInfo.processInfo.environment["GOLDEN"] == "record" { try record(actual) }
    return difference.isEmpty ? nil : difference
  }

  private func record(_ actual: [String: String]) throws {
    let text = sections.map { "=== \($0.path)\n" + (actual[$0.path] ?? $0.text) }.joined()
    try text.write(to: file, atomically: true, encoding: .utf8)
  }

  /// What stands for a digest; its tag begins with its digits.
  private static func masks(_ plans: [EnvironmentPlan]) -> [(digest: String, name: String)] {
    let runtimes = Set(plans.flatMap { $0.runtimes.map(\.digest.hex) })
    return plans.flatMap { plan -> [(digest: String, name: String)] in
      let suffix = plans.count > 1 ? "-\(plan.customer)" : ""
      let own = runtimes.count > 1 ? suffix : ""
      var masks: [(digest: String, name: String)] = [(plan.specDigest.hex, "SPEC\(suffix)")]
      for (index, runtime) in plan.runtimes.enumerated() {
        masks.append((runtime.digest.hex, "RUNTIME\(own)\(index == 0 ? "" : "-\(index + 1)")"))
      }
      for app in plan.apps {
        let name = app.name.uppercased() + suffix
        if let digest = plan.digest(of: app) { masks.append((digest.hex, name)) }
      }
      for workload in plan.workloads where workload.app != nil {
        let name = "\(workload.name.uppercased())-WORKLOAD\(suffix)"
        guard let digest = workload.digest, !masks.contains(where: { $0.digest == digest.hex }) else { continue }
        masks.append((digest.hex, name))
      }
      for service in plan.services { masks.append((service.digest.hex, "\(service.name.uppercased())\(suffix)")) }
      return masks
    }
  }

  private static func masked(_ text: String, _ masks: [(digest: String, name: String)]) -> String {
    var text = text
    for (digest, name) in masks {
      text = text.replacing(digest, with: name).replacing(ContentDigest.tag(of: digest), with: name)
    }
    return text
  }
}
