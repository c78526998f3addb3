import KilnArtifacts
public import KilnDiagnostics
public import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A folder as `docker build` would take it: with its Dockerfile, and the ignore file that belongs to it.
public struct ContextFolder: Sendable {
  public let source: ContextSource
  /// The Dockerfile's path in the context; nil when there is none.
  public let dockerfile: String?
  /// The ignore file's text, for messages.
  public let ignoreText: String?

  /// - Parameters:
  ///   - folder: The context's folder.
  ///   - dockerfile: Of the folder or from elsewhere; without, `Dockerfile` in the folder where there is one.
  ///   - name: What messages call a path.
  /// - Throws: `FileSystemError`; `DiagnosticsError` for patterns that the engine refuses.
  public init(
    _ folder: FilePath, dockerfile: FilePath? = nil, name: (FilePath) -> String = { $0.string }
  ) throws {
    let own = dockerfile ?? folder.appending("Dockerfile")
    // `<Dockerfile>.dockerignore` comes before the folder's.
    let special = FilePath(own.string + ".dockerignore")
    var rules = IgnoreRules.none
    var text: [UInt8]?
    for candidate in [special, folder.appending(".dockerignore")] {
      guard let bytes = try Self.contents(candidate) else { continue }
      text = bytes
      do {
        rules = try IgnoreRules(bytes, file: name(candidate))
      } catch { throw ContextFolderError(problems: error.diagnostics, file: name(candidate), text: bytes) }
      break
    }
    ignoreText = text.map { String(decoding: $0, as: UTF8.self) }
    var files: [String: [UInt8]] = [:]
    var path: String?
    if let bytes = try Self.contents(own) {
      if let inside = Self.relative(own, to: folder) {
        path = inside
        // The engine needs it, whatever the rules say.
        if try rules.verdict(on: Array(inside.utf8)).isExcluded { files[inside] = bytes }
      } else {
        let base = own.lastComponent?.string ?? "Dockerfile"
        guard try Self.contents(folder.appending(base)) == nil else {
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

  /// A file's bytes; nil where there is none.
  static func contents(_ path: FilePath) throws -> [UInt8]? {
    do {
      let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
      return try file.closeAfter {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
          let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
          if count == 0 { return bytes }
          bytes += buffer[..<count]
        }
      }
    } catch let error as Errno {
      if error == .noSuchFileOrDirectory || error == .notDirectory { return nil }
      throw FileSystemError("read", path, error)
    }
  }

  /// `path` below `folder`, links resolved on both sides; nil when it is not below.
  private static func relative(_ path: FilePath, to folder: FilePath) -> String? {
    guard let inner = real(path.removingLastComponent()), let outer = real(folder), let name = path.lastComponent,
      inner.starts(with: outer)
    else { return nil }
    let middle = inner.components.dropFirst(outer.components.count).map(\.string)
    return (middle + [name.string]).joined(separator: "/")
  }

  private static func real(_ path: FilePath) -> FilePath? {
    let path = path.isEmpty ? FilePath(".") : path
    guard let resolved = path.withPlatformString({ realpath($0, nil) }) else { return nil }
    defer { free(resolved) }
    return FilePath(platformString: resolved)
  }
}

/// An ignore file that cannot be used, with its text for messages.
public struct ContextFolderError: Error, Sendable {
  public let problems: [Diagnostic]
  public let file: String
  public let text: [UInt8]
}
