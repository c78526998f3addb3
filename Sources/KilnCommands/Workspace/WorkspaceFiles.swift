import Foundation
import KilnDiagnostics
import KilnSpec
import SystemPackage

/// Files that specs and definitions name, on disk.
struct WorkspaceFiles: Sendable {
  let root: FilePath
  /// Files copied into images are no larger than this.
  static let sizeLimit = 16 << 20

  /// The bytes of a file that a definition's step copies; it stays inside the workspace.
  func read(_ path: String, _ location: SourceLocation) -> Result<[UInt8], DiagnosticsError> {
    func refuse(_ message: String, id: String = "spec.missing-path") -> Result<[UInt8], DiagnosticsError> {
      .failure(DiagnosticsError([Diagnostic(id, message, at: location)]))
    }
    let relative = FilePath(path).lexicallyNormalized()
    if relative.isAbsolute || relative.components.first?.string == ".." || path.hasPrefix("kiln:") {
      return refuse("\"\(path)\" leaves the workspace", id: "spec.path-outside")
    }
    let url = URL(filePath: root.pushing(relative).string)
    guard let values = try? url.resourceValues(forKeys: [.isRegularFileKey, .fileSizeKey]), values.isRegularFile == true
    else {
      return refuse("there is no file \"\(path)\"")
    }
    guard values.fileSize ?? 0 <= Self.sizeLimit else {
      return refuse("\"\(path)\" is larger than 16 MiB", id: "spec.unreadable")
    }
    guard let data = try? Data(contentsOf: url) else {
      return refuse("\"\(path)\" cannot be read", id: "spec.unreadable")
    }
    return .success(Array(data))
  }

  /// Sources, overlays and parameters files that are not there.
  func problems(in spec: EnvironmentSpec) -> [Diagnostic] { folders(in: spec) + parameters(in: spec) }

  private func parameters(in spec: EnvironmentSpec) -> [Diagnostic] {
    guard let parameters = spec.machine?.parameters else { return [] }
    return (parameters.files + (parameters.template.map { [$0] } ?? [])).compactMap { path in
      let absolute = root.pushing(path.value).lexicallyNormalized()
      var isDirectory: ObjCBool = false
      let isThere = FileManager.default.fileExists(atPath: absolute.string, isDirectory: &isDirectory)
      if isThere, !isDirectory.boolValue { return nil }
      return Diagnostic(
        "spec.missing-path", "the file \"\(path.value)\" \(isThere ? "is a folder" : "is not there")",
        at: path.location, suggestion: "paths are relative to the file they stand in")
    }
  }

  private func folders(in spec: EnvironmentSpec) -> [Diagnostic] {
    guard let app = spec.app else { return [] }
    return ([("source", app.source)] + app.overlays.map { ("overlay", $0) }).compactMap { name, path in
      guard path.value.isRelative, path.value.components.prefix(while: { $0.string == ".." }).count < 2 else {
        return nil
      }
      var isDirectory: ObjCBool = false
      let absolute = root.appending(path.value.components).lexicallyNormalized()
      if FileManager.default.fileExists(atPath: absolute.string, isDirectory: &isDirectory), isDirectory.boolValue {
        return nil
      }
      let what = FileManager.default.fileExists(atPath: absolute.string) ? "is a file, not a folder" : "is not there"
      return Diagnostic(
        "spec.missing-path", "the \(name) folder \"\(path.value)\" \(what)", at: path.location,
        suggestion: "paths are relative to the file they stand in")
    }
  }
}
