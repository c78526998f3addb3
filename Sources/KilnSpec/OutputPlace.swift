import KilnDiagnostics
public import SystemPackage

/// Where generated files may go: into a folder that holds nothing else.
struct OutputPlace {
  /// The workspace's.
  let root: FilePath

  /// Folders of a workspace that hold something else.
  private static let taken = [".kiln", "components", WorkspaceLayout.distName, "environments", "hosts", "profiles"]

  static func problem(_ message: String, at location: SourceLocation) -> Diagnostic {
    Diagnostic(
      "spec.output-taken", message, at: location, suggestion: "a folder that holds nothing else, as in: generated")
  }

  /// What is wrong with `folder`, an absolute path, as in "is inside .git"; nil when nothing is.
  func conflict(_ folder: FilePath) -> String? {
    let folder = folder.lexicallyNormalized()
    let root = root.lexicallyNormalized()
    // Git takes the name in any case, and so do file systems.
    if folder.components.contains(where: { $0.string.lowercased() == ".git" }) {
      return "cannot be inside .git, which is Git's own"
    }
    if root.starts(with: folder) { return "cannot be the folder that holds the workspace" }
    guard folder.starts(with: root), let first = folder.components.dropFirst(root.components.count).first else {
      return nil
    }
    let name = first.string.lowercased()
    return Self.taken.contains(name) || name == "kiln.yaml" ? "cannot be in \(first), which holds other files" : nil
  }

  /// Whether `source`, relative to the root, and the output folder have files in common. A source that holds the whole
  /// workspace has the output folder as well: that is up to its `.dockerignore`.
  func overlaps(_ output: FilePath, _ source: FilePath) -> Bool {
    let source = root.pushing(source).lexicallyNormalized()
    let output = output.lexicallyNormalized()
    if source.starts(with: output) { return true }
    return output.starts(with: source) && !root.lexicallyNormalized().starts(with: source)
  }
}

extension Workspace {
  /// What is wrong with an output folder that the command line names, an absolute path; nil when nothing is.
  public func outputConflict(_ folder: FilePath) -> String? {
    let place = OutputPlace(root: root)
    if let conflict = place.conflict(folder) { return conflict }
    let paths = environments.flatMap(\.allApps).flatMap { [$0.source] + $0.overlays }
    return paths.first { place.overlaps(folder, $0.value) }.map { "overlaps with the app's folder \"\($0.value)\"" }
  }
}
