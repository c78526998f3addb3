import KilnArtifacts
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
      suggestion: "specs are environments/*.yaml and environments/*.yml, the ending in lower case")
  }

  /// A link to a folder is none: what it leads to may have no end.
  private func isFolder(_ path: String) -> Bool {
    let place = root.pushing(FilePath(path))
    return place.isFolder && !place.isLink
  }

  private func specs(below folder: String) -> [String] {
    var found: [String] = []
    var folders = [folder]
    while let folder = folders.popLast() {
      for name in (try? root.pushing(FilePath(folder)).names()) ?? [] where !name.hasPrefix(".") {
        let path = "\(folder)/\(name)"
        if isFolder(path) { folders.append(path) }
        if Self.isSpec(name.lowercased()) { found.append(path) }
      }
    }
    return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
