import KilnArtifacts
import KilnContext
import KilnGeneration
package import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The application as it was staged: every path with what tells its contents from others.
package struct StagedTree: Sendable, Equatable {
  package enum Entry: Sendable, Equatable {
    case directory
    case link([UInt8])
    /// The staged file's time stands for its contents; see `ContextStage`.
    case file(size: Int, modified: Int, mode: Int)

    fileprivate func isOfOneKind(with other: Entry) -> Bool {
      switch (self, other) {
      case (.directory, .directory), (.link, .link), (.file, .file): true
      default: false
      }
    }
  }

  /// What makes one tree of another.
  package struct Changes: Sendable, Equatable {
    /// Parents before what is in them.
    package var removed: [[UInt8]] = []
    /// In the order of path bytes.
    package var written: [[UInt8]] = []

    package var count: Int { removed.count + written.count }
  }

  /// Where the application is.
  package let folder: FilePath
  package private(set) var entries: [[UInt8]: Entry] = [:]

  /// Nothing.
  package init(empty folder: FilePath) { self.folder = folder }

  /// - Parameter stage: A staged context of an app.
  package init(stage: FilePath) throws {
    folder = stage.appending(ImageLayout.appFolder)
    for entry in try ContextPacker.list(ContextSource(folder: folder)).entries {
      switch entry.kind {
      case .directory: entries[entry.path] = .directory
      case .symbolicLink(let target): entries[entry.path] = .link(target)
      case .file, .contents:
        let status = FileStatus(try Self.status(folder.pushing(path(entry.path))))
        entries[entry.path] = .file(size: status.size, modified: status.modified, mode: status.mode)
      }
    }
  }

  private static func status(_ path: FilePath) throws -> stat {
    var status = stat()
    guard path.withPlatformString({ lstat($0, &status) }) == 0 else {
      throw FileSystemError("examine", path, Errno(rawValue: errno))
    }
    return status
  }

  package func changes(since earlier: StagedTree) -> Changes {
    var changes = Changes()
    for (path, entry) in earlier.entries {
      guard let now = entries[path], now.isOfOneKind(with: entry) else {
        changes.removed.append(path)
        continue
      }
    }
    changes.removed.sort { $0.lexicographicallyPrecedes($1) }
    for (path, entry) in entries where earlier.entries[path] != entry { changes.written.append(path) }
    changes.written.sort { $0.lexicographicallyPrecedes($1) }
    return changes
  }

  /// Archives of `paths`, each of about `limit` bytes.
  package func archives(of paths: [[UInt8]], limit: Int = 32 << 20, _ body: ([UInt8]) async throws -> Void) async throws
  {
    var rest = paths[...]
    while !rest.isEmpty {
      var bytes: [UInt8] = []
      let output = Buffer()
      let writer = try ArchiveWriter(time: FileStatus.now / 1_000_000_000) { output.bytes += $0 }
      while let path = rest.popFirst() {
        try add(path, to: writer)
        if output.bytes.count >= limit { break }
      }
      try writer.close()
      swap(&bytes, &output.bytes)
      try await body(bytes)
    }
  }

  private final class Buffer { var bytes: [UInt8] = [] }

  private func add(_ path: [UInt8], to writer: ArchiveWriter) throws {
    switch entries[path] {
    case nil: return
    case .directory: try writer.addFolder(path)
    case .link(let target): try writer.addLink(path, to: target)
    case .file(_, _, let mode): try writer.addFile(path, try contents(path), isExecutable: mode & 0o100 != 0)
    }
  }

  private func contents(_ name: [UInt8]) throws -> [UInt8] {
    let path = folder.pushing(path(name))
    do {
      let file = try FileDescriptor.open(path, .readOnly, options: [.noFollow, .closeOnExec])
      return try file.closeAfter {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
          let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
          if count == 0 { return bytes }
          bytes += buffer[..<count]
        }
      }
    } catch let error as Errno { throw FileSystemError("read", path, error) }
  }

  private func path(_ bytes: [UInt8]) -> FilePath {
    (bytes.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { text in
      text.baseAddress.map { FilePath(platformString: $0) } ?? FilePath()
    }
  }
}
