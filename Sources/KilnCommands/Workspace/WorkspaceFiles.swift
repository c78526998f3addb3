import Foundation
import KilnArtifacts
import KilnDiagnostics
import KilnSpec
import Synchronization
import SystemPackage

/// Files that specs and definitions name, on disk.
struct WorkspaceFiles: Sendable {
  let root: FilePath
  private let kinds = Kinds()

  /// What stands at paths: a fleet names the same ones over and over.
  private final class Kinds: Sendable {
    enum Kind { case file, folder, nothing }
    private let known = Mutex<[FilePath: Kind]>([:])

    func kind(of path: FilePath) -> Kind {
      if let kind = known.withLock({ $0[path] }) { return kind }
      var isDirectory: ObjCBool = false
      let isThere = FileManager.default.fileExists(atPath: path.string, isDirectory: &isDirectory)
      let kind: Kind = !isThere ? .nothing : isDirectory.boolValue ? .folder : .file
      known.withLock { $0[path] = kind }
      return kind
    }
  }

  /// What was asked for, for whoever needs to know whether it has changed.
  private final class Asked: Sendable {
    let digests = Mutex<[String: ContentDigest]>([:])
    let missing = Mutex<Set<String>>([])
  }
  private let asked = Asked()
  var copied: [String: ContentDigest] { asked.digests.withLock { $0 } }
  var missing: Set<String> { asked.missing.withLock { $0 } }

  init(root: FilePath) { self.root = root }

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
      _ = asked.missing.withLock { $0.insert(relative.string) }
      return refuse("there is no file \"\(path)\"")
    }
    guard values.fileSize ?? 0 <= Self.sizeLimit else {
      return refuse("\"\(path)\" is larger than 16 MiB", id: "spec.unreadable")
    }
    guard let data = try? Data(contentsOf: url) else {
      return refuse("\"\(path)\" cannot be read", id: "spec.unreadable")
    }
    let bytes = Array(data)
    asked.digests.withLock { $0[path] = ContentDigest(of: bytes) }
    return .success(bytes)
  }

  /// Sources, overlays and parameters files that are not there.
  func problems(in spec: EnvironmentSpec) -> [Diagnostic] { folders(in: spec) + parameters(in: spec) }

  private func parameters(in spec: EnvironmentSpec) -> [Diagnostic] {
    guard let parameters = spec.machine?.parameters else { return [] }
    return (parameters.files + (parameters.template.map { [$0] } ?? [])).compactMap { path in
      let kind = kinds.kind(of: root.pushing(path.value).lexicallyNormalized())
      if kind == .file { return nil }
      return Diagnostic(
        "spec.missing-path", "the file \"\(path.value)\" \(kind == .folder ? "is a folder" : "is not there")",
        at: path.location, suggestion: "paths are relative to the file they stand in")
    }
  }

  private func folders(in spec: EnvironmentSpec) -> [Diagnostic] {
    guard let app = spec.app else { return [] }
    return ([("source", app.source)] + app.overlays.map { ("overlay", $0) }).compactMap { name, path in
      guard path.value.isRelative, path.value.components.prefix(while: { $0.string == ".." }).count < 2 else {
        return nil
      }
      let kind = kinds.kind(of: root.appending(path.value.components).lexicallyNormalized())
      if kind == .folder { return nil }
      let what = kind == .file ? "is a file, not a folder" : "is not there"
      return Diagnostic(
        "spec.missing-path", "the \(name) folder \"\(path.value)\" \(what)", at: path.location,
        suggestion: "paths are relative to the file they stand in")
    }
  }
}
