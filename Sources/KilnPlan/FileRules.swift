import KilnDiagnostics
import KilnSpec

/// Files of components that cannot all be there.
struct FileRules {
  let components: [ComponentPlan]

  /// One is where another has a folder.
  func problems() -> [Diagnostic] {
    var files: [String: SourceLocation] = [:]
    let steps = components.flatMap(\.steps)
    for step in steps {
      if case .file(let file) = step.step { files[file.path] = step.origin }
    }
    guard files.count > 1 else { return [] }
    return steps.compactMap { step in
      guard case .file(let file) = step.step else { return nil }
      var folder = file.path[...]
      while let slash = folder.lastIndex(of: "/"), slash > folder.startIndex {
        folder = folder[..<slash]
        guard let other = files[String(folder)] else { continue }
        return Diagnostic(
          "spec.file-in-file", "\(file.path) cannot be written: \(folder) is a file", at: step.origin,
          suggestion: "write one of the two elsewhere", notes: [.init("the other", at: other)])
      }
      return nil
    }
  }
}
