import KilnArtifacts
import KilnConsole
import KilnEngine
import KilnProcesses
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Files that a test left in its container.
struct TestFiles {
  let docker: Tool
  /// `sh`.
  let shell: Tool
  /// Its name or id.
  let container: String
  /// Where they are copied to, a folder of Kiln's alone.
  let scratch: FilePath

  /// A pattern of the spec, from the container's working folder or from its root.
  struct Pattern: Equatable {
    let parts: [String]
    let isAbsolute: Bool

    init(_ text: String) {
      isAbsolute = text.hasPrefix("/")
      parts = text.split(separator: "/").map(String.init)
    }

    private static func isPlain(_ part: String) -> Bool { !part.contains { "*?[\\".contains($0) } }

    /// What is copied: all that is before the first pattern.
    var folder: [String] { Array(parts.prefix(while: Self.isPlain)) }

    /// Whether a path below `folder` is meant; all below one that is meant are.
    func matches(_ path: [String]) -> Bool {
      let rest = Array(parts.dropFirst(folder.count))
      guard path.count >= rest.count else { return false }
      return zip(rest, path).allSatisfy { pattern, name in fnmatch(pattern, name, FNM_PERIOD) == 0 }
    }
  }

  /// Why files that are there could not be copied.
  struct Failure: Error {
    let reason: String
  }

  /// Bytes of one file.
  private static let limit = 2 << 30

  /// The engine's words for a path that is not there.
  private static func isMissing(_ error: String) -> Bool {
    ["Could not find the file", "no such file or directory", "not a directory"].contains { error.contains($0) }
  }

  /// Moves the files that `pattern` means to `target`, by their paths in the container.
  /// - Returns: Their paths in `target`, sorted; empty where there are none.
  func collect(_ pattern: Pattern, below workdir: String, to target: FilePath) async throws -> [FilePath] {
    let folder = pattern.folder.joined(separator: "/")
    let source = pattern.isAbsolute ? "/\(folder)" : "\(workdir == "/" ? "" : workdir)/\(folder)"
    scratch.removeAll()
    try scratch.makeFolders(mode: 0o700)
    defer { scratch.removeAll() }
    // Docker copies a folder's content into a folder that is there, and a file under its name.
    // A file that a test makes as large as it likes would fill this machine's disk.
    let result = try await shell.output(
      [
        "-c", "ulimit -f \(Self.limit >> 9); exec \"$@\"", "sh", docker.name, "cp", "--quiet",
        "\(container):\(source)", scratch.appending("copy").string,
      ], isShielded: true)
    guard result.isSuccess else {
      // What is not there is nothing.
      if Self.isMissing(result.error) { return [] }
      throw Failure(
        reason: result.code > 128
          ? "a file in it has more than \(Self.limit >> 20) MiB"
          : Relayed.safe(result.error.split(separator: "\n").last.map(String.init) ?? "docker says no more"))
    }
    var found: [FilePath] = []
    for path in Self.files(below: scratch.appending("copy")) where pattern.matches(path) || path.isEmpty {
      let place = FilePath((pattern.folder + path).joined(separator: "/"))
      let file = target.pushing(place)
      try file.removingLastComponent().makeFolders()
      let from = path.reduce(scratch.appending("copy")) { $0.appending($1) }
      guard from.withPlatformString({ one in file.withPlatformString { rename(one, $0) } }) == 0 else {
        throw FileSystemError("move", from, Errno(rawValue: errno))
      }
      _ = file.withPlatformString { chmod($0, 0o644) }
      found.append(place)
    }
    return found.sorted { $0.string < $1.string }
  }

  /// Regular files below a folder, by their parts; the empty path where it is a file itself. Links are none.
  private static func files(below path: FilePath) -> [[String]] {
    var status = stat()
    guard path.withPlatformString({ lstat($0, &status) }) == 0 else { return [] }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return [[]]
    case S_IFDIR:
      // What the container forbade itself is no reason to leave it there.
      _ = path.withPlatformString { chmod($0, 0o700) }
      return ((try? path.names()) ?? []).sorted().flatMap { name in
        files(below: path.appending(name)).map { [name] + $0 }
      }
    default: return []
    }
  }
}
