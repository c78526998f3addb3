import Foundation
import KilnDiagnostics
import SystemPackage

/// Files that look like specs and are read by nothing: their customer would be missing without a word.
struct IgnoredSpecs {
  /// With the folder `environments`.
  let root: FilePath

  /// - Parameter names: What `environments` holds.
  func problems(among names: [String]) -> [Diagnostic] {
    names.filter { !$0.hasPrefix(".") }.flatMap { name -> [Diagnostic] in
      let path = "environments/\(name)"
      if Self.isSpec(name) { return [] }
      if isFolder(path) { return specs(below: path).map(problem) }
      return Self.isSpec(name.lowercased()) ? [problem(path)] : []
    }
  }

  static func isSpec(_ name: String) -> Bool { name.hasSuffix(".yaml") || name.hasSuffix(".yml") }

  private func problem(_ path: String) -> Diagnostic {
    Diagnostic(
      "spec.ignored-file", "the file is not read", severity: .warning, at: SourceLocation(file: path),
      suggestion: "specs are read from environments/*.yaml only, the ending in lower case")
  }

  /// A link to a folder is none: what it leads to may have no end.
  private func isFolder(_ path: String) -> Bool {
    let attributes = try? FileManager.default.attributesOfItem(atPath: root.appending(path).string)
    return attributes?[.type] as? FileAttributeType == .typeDirectory
  }

  private func specs(below folder: String) -> [String] {
    let found = FileManager.default.enumerator(atPath: root.appending(folder).string)
    let names = (found?.compactMap { $0 as? String } ?? []).filter { name in
      Self.isSpec(name.lowercased()) && !name.split(separator: "/").contains { $0.hasPrefix(".") }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { "\(folder)/\($0)" }
  }
}
