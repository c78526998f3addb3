import KilnArtifacts
import KilnSpec
package import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The images that this workspace has put on engines, in `dist/.images`: nothing else is removed from them.
///
/// A label would do the same, but would give two machines two images of one recipe. A line has the workspace's own number and
/// the file is its owner's alone, so that one that a checkout brought says nothing.
package struct ImageLedger: Sendable {
  package struct Entry: Sendable, Hashable {
    package let engine: ContainerEngine.Kind
    /// With its tag.
    package let image: String
    package let id: String
  }

  private let root: FilePath
  private var path: FilePath { WorkspaceLayout(root).images }

  package init(root: FilePath) { self.root = root }

  /// A line is appended at once: several builds may run.
  package func add(_ engine: ContainerEngine.Kind, _ image: String, _ id: String) throws {
    try UnlinkedFolder.make(WorkspaceLayout(root).dist, below: root)
    let line = "\(WorkspaceIdentity(root: root).id)\t\(engine.rawValue)\t\(image)\t\(id)\n"
    let descriptor = path.withPlatformString {
      open($0, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o600)
    }
    guard descriptor >= 0 else { throw FileSystemError("write", path, Errno(rawValue: errno)) }
    defer { close(descriptor) }
    do { try FileDescriptor(rawValue: descriptor).writeAll(Array(line.utf8)) } catch let error as Errno {
      throw FileSystemError("write", path, error)
    }
  }

  /// In the order in which they were added, each once, at its last place.
  package var entries: [Entry] {
    var status = stat()
    guard path.withPlatformString({ lstat($0, &status) }) == 0, status.st_mode & S_IFMT == S_IFREG,
      status.st_uid == geteuid(), status.st_mode & 0o077 == 0,
      let bytes = try? RegularFile.read(path, limit: 1 << 28, following: .refused)
    else { return [] }
    let own = WorkspaceIdentity(root: root).id
    var seen: Set<Entry> = []
    let all = String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line -> Entry? in
      let parts = line.split(separator: "\t").map(String.init)
      guard parts.count == 4, parts[0] == own, let engine = ContainerEngine.Kind(rawValue: parts[1]) else { return nil }
      return Entry(engine: engine, image: parts[2], id: parts[3])
    }
    return all.reversed().filter { seen.insert($0).inserted }.reversed()
  }

  /// Leaves out what is no longer there.
  package func forget(_ gone: Set<Entry>) throws {
    let own = WorkspaceIdentity(root: root).id
    let rest = entries.filter { !gone.contains($0) }
    let text = rest.map { "\(own)\t\($0.engine.rawValue)\t\($0.image)\t\($0.id)\n" }.joined()
    try FileReplacement.replace([.init(path: path, bytes: Array(text.utf8), isPrivate: true)])
  }
}
