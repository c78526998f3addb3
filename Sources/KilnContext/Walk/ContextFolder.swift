public import KilnArtifacts
public import KilnDiagnostics
public import SystemPackage

/// A folder as `docker build` would take it: with its Dockerfile, and the ignore file that belongs to it.
public struct ContextFolder: Sendable {
  public let source: ContextSource
  /// The Dockerfile's path in the context; nil when there is none.
  public let dockerfile: String?
  /// The ignore file's text, for messages.
  public let ignoreText: String?
  /// The ignore file's text by name.
  package var sources: [String: String] { ignoreText.map { [source.ignore.file: $0] } ?? [:] }

  /// - Parameters:
  ///   - folder: The context's folder.
  ///   - dockerfile: Of the folder or from elsewhere; without, `Dockerfile` in the folder where there is one.
  ///   - name: What messages call a path.
  ///   - containment: Where the ignore file and the Dockerfile may be; else as for a workspace in the folder.
  /// - Throws: `RegularFile.Failure`; `DiagnosticsError` for patterns that the engine refuses, and for links that lead out.
  public init(
    _ folder: FilePath, dockerfile: FilePath? = nil, within containment: Containment? = nil,
    name: (FilePath) -> String = { $0.string }
  ) throws {
    let own = dockerfile ?? folder.appending("Dockerfile")
    // A Dockerfile that the user names may be anywhere.
    let named = [dockerfile, dockerfile.flatMap { Containment.real($0) }].compactMap { $0?.removingLastComponent() }
    let limits = containment ?? Containment(root: folder, allowed: named)
    func contents(_ path: FilePath) throws -> [UInt8]? { try Self.contents(path, within: limits, name: name(path)) }
    // `<Dockerfile>.dockerignore` comes before the folder's.
    let special = FilePath(own.string + ".dockerignore")
    var rules = IgnoreRules.none
    var text: [UInt8]?
    for candidate in [special, folder.appending(".dockerignore")] {
      guard let bytes = try contents(candidate) else { continue }
      text = bytes
      do {
        rules = try IgnoreRules(bytes, file: name(candidate))
      } catch { throw ContextFolderError(problems: error.diagnostics, file: name(candidate), text: bytes) }
      break
    }
    ignoreText = text.map { String(decoding: $0, as: UTF8.self) }
    var files: [String: [UInt8]] = [:]
    var path: String?
    if let bytes = try contents(own) {
      if let inside = Self.relative(own, to: folder) {
        path = inside
        // The engine needs it, whatever the rules say.
        if try rules.verdict(on: Array(inside.utf8)).isExcluded { files[inside] = bytes }
      } else {
        let base = own.lastComponent?.string ?? "Dockerfile"
        guard try contents(folder.appending(base)) == nil else {
          throw DiagnosticsError([
            Diagnostic(
              "context.dockerfile", "\(name(own)) is outside the context, which has another \(base)",
              suggestion: "give it another name")
          ])
        }
        path = base
        files[base] = bytes
      }
    } else if dockerfile != nil {
      throw FileSystemError("read", own, .noSuchFileOrDirectory)
    }
    self.dockerfile = path
    source = ContextSource(layers: [.init(folder, name: name(folder))], ignore: rules, files: files)
  }

  /// Larger ones are no ignore files and no Dockerfiles.
  private static let sizeLimit = 16 << 20

  /// A file's bytes; nil where there is none.
  private static func contents(_ path: FilePath, within containment: Containment, name: String) throws -> [UInt8]? {
    switch containment.place(of: path) {
    case .absent: return nil
    case .outside(let target):
      throw DiagnosticsError([
        Diagnostic(
          "context.path-outside", "\(name) leads to \(target), outside \(containment.name)",
          suggestion: "a copy of the file instead of the link")
      ])
    case .owned(by: .git):
      throw DiagnosticsError([
        Diagnostic(
          "context.git-folder", "\(name) is in Git's own folder, which may hold credentials",
          suggestion: "a copy of the file, outside .git")
      ])
    case .owned(by: .kiln):
      throw DiagnosticsError([
        Diagnostic(
          "context.kiln-folder", "\(name) is in a workspace's dist, which may hold secrets",
          suggestion: "a copy of the file, outside dist")
      ])
    case .inside(let real): return try RegularFile.read(real, limit: sizeLimit, following: .refused)
    }
  }

  /// `path` below `folder`, links resolved on both sides; nil when it is not below.
  private static func relative(_ path: FilePath, to folder: FilePath) -> String? {
    guard let inner = Containment.real(path.removingLastComponent()), let outer = Containment.real(folder),
      let name = path.lastComponent,
      inner.starts(with: outer)
    else { return nil }
    let middle = inner.components.dropFirst(outer.components.count).map(\.string)
    return (middle + [name.string]).joined(separator: "/")
  }
}

/// An ignore file that cannot be used, with its text for messages.
public struct ContextFolderError: Error, Sendable {
  public let problems: [Diagnostic]
  public let file: String
  public let text: [UInt8]
}

extension ContextFolderError: CommandErrorConvertible {
  public var commandError: CommandError {
    CommandError(problems, sources: [file: String(decoding: text, as: UTF8.self)])
  }
}
