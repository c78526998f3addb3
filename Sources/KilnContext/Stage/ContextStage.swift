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

/// A context as a folder for the engine, which nothing changes while this value is kept.
public struct StagedContext: Sendable {
  /// SHA-256 over every path, type, executable bit and content; the same on every machine. Hexadecimal.
  public let digest: String
  /// The tag of the image that is made from it.
  public var tag: String { ContentDigest.tag(of: digest) }
  /// What the engine is given: a folder of this digest alone.
  public let folder: FilePath
  public let files: Int
  /// Files and links that are new since the context was staged last, and paths that are gone.
  public let written: Int
  public let removed: Int
  public let warnings: [Diagnostic]
  /// Held, the folder is not removed.
  let use: StageLock

  /// Whether the folder still is what its digest says, as files' sizes, times and modes tell.
  public func isUnchanged() throws -> Bool {
    let records = StageRecords(reading: StageStore.state(of: folder.removingLastComponent()))
    return try records.digest == digest && StageTree(folder).holds(records)
  }
}

/// Contexts as folders, one for each digest, for engines that take folders faster than archives.
///
/// A tag that is a digest must name what has that digest. So a folder is made beside the others and gets its name when it
/// is whole, and is never written to again: what is edited or staged later is in another one. Files that did not change
/// are linked from the last one rather than read. `link` names the newest.
public struct ContextStage: Sendable {
  /// A symbolic link to the newest folder; the folders are in `<link>.staged/<digest>/`, under the link's own name, since
  /// BuildKit takes what it has of a folder of the same name for the files that are equal.
  public let link: FilePath
  private let root: FilePath

  /// - Parameter root: The folder that the link is in or below; no link between the two is followed.
  public init(_ link: FilePath, below root: FilePath) {
    self.link = link
    self.root = root
  }

  /// The tag of what was staged last; nil where nothing was.
  public var newestTag: String? {
    StageStore.newest(of: FilePath(link.string + ".staged")).map { ContentDigest.tag(of: $0) }
  }

  /// Stages what `source` says now.
  ///
  /// - Parameters:
  ///   - isHandedOut: Whether the folder is for a program that this process does not wait for: it is then kept for an hour.
  ///   - check: Called for every entry, and while another process stages the same context; what it throws ends the staging.
  public func update(
    _ source: ContextSource, isHandedOut: Bool = false, check: () throws -> Void = {}
  ) throws -> StagedContext {
    try withoutActuallyEscaping(check) { check in
      let store = try StageStore(link, below: root, check: check)
      let latest = store.latest()
      var staging = try ContextStaging(source, store, latest, check)
      do {
        return try staging.run(isHandedOut: isHandedOut)
      } catch is StageBroken {
        // Somebody changed the last one: every file is read.
        staging = try ContextStaging(source, store, nil, check)
        return try staging.run(isHandedOut: isHandedOut)
      }
    }
  }
}

/// The last folder is not what its records say.
struct StageBroken: Error {}
