import Foundation
public import SystemPackage

/// A folder that holds generated files; knows its own by the ledger and touches no others.
public struct OutputFolder: Sendable {
  public let path: FilePath

  public init(_ path: FilePath) { self.path = path }

  /// One difference between the folder and what is to be in it.
  public struct Change: Sendable, Equatable {
    public enum Kind: String, Sendable, Equatable {
      case create, update, remove
      /// Made or edited by somebody else since: overwritten only by force.
      case overwrite
      /// Ours, edited since, and no longer generated: kept unless forced.
      case discard
    }
    public let kind: Kind
    public let path: String
    /// The spec it comes or came from.
    public let source: String
    public let old: [UInt8]?
    public let new: [UInt8]?

    public var needsForce: Bool { kind == .overwrite || kind == .discard }
  }

  /// What is to be done to make the folder hold `tree`.
  public struct Delta: Sendable, Equatable {
    public let changes: [Change]
    let ledger: Ledger
    let isLedgerNew: Bool
    public var isEmpty: Bool { changes.isEmpty && !isLedgerNew }
  }

  /// Compares the folder with `tree`.
  ///
  /// - Parameters:
  ///   - isInScope: Whether a file of the ledger may be an orphan; files out of scope stay as they are, as when
  ///     only one customer is generated.
  /// - Throws: `FileSystemError`, `LedgerError`.
  public func compare(with tree: ArtifactTree, generator: String, isInScope: (String) -> Bool = { _ in true }) throws
    -> Delta
  {
    let ledgerBytes = try read(Ledger.name)
    let known = try ledgerBytes.map { try Ledger($0.bytes) } ?? Ledger(generator: generator, files: [:])
    var changes: [Change] = []
    var entries = known.files.filter { !isInScope($0.key) }
    for path in tree.paths {
      guard let artifact = tree.files[path] else { continue }
      entries[path.text] = Ledger.Entry(artifact)
      let current = try read(path.text)
      if let current, current.bytes == artifact.bytes, current.isExecutable == artifact.isExecutable, !current.isLink {
        continue
      }
      let isOurs = current.map { $0.digest == known.files[path.text]?.sha256 && !$0.isLink } ?? true
      let kind: Change.Kind =
        current == nil ? .create : isOurs || current?.bytes == artifact.bytes ? .update : .overwrite
      changes.append(
        .init(kind: kind, path: path.text, source: artifact.source, old: current?.bytes, new: artifact.bytes))
    }
    for (path, entry) in known.files where isInScope(path) && RelativePath(path).flatMap({ tree.files[$0] }) == nil {
      guard let current = try read(path) else { continue }
      let kind: Change.Kind = current.digest == entry.sha256 ? .remove : .discard
      changes.append(.init(kind: kind, path: path, source: entry.source, old: current.bytes, new: nil))
    }
    let ledger = Ledger(generator: generator, files: entries)
    changes.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    return Delta(changes: changes, ledger: ledger, isLedgerNew: ledgerBytes?.bytes != ledger.bytes)
  }

  /// Carries `delta` out: each file by rename, orphans removed, the ledger last. After an interruption at any
  /// point the same run again gives the same folder: a file that already has its bytes is taken as ours.
  /// - Throws: `FileSystemError`.
  public func apply(_ delta: Delta, tree: ArtifactTree) throws {
    if delta.isEmpty { return }
    try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
    removeLeftovers(tree)
    for change in delta.changes {
      guard let artifact = tree[change.path] else { continue }
      let file = path.appending(change.path)
      try makeFolders(for: change.path)
      let mode = FilePermissions(rawValue: artifact.isExecutable ? 0o755 : 0o644)
      try write(artifact.bytes, to: file, mode: mode)
    }
    for change in delta.changes where change.new == nil { try remove(change.path) }
    if delta.isLedgerNew {
      try write(delta.ledger.bytes, to: path.appending(Ledger.name), mode: FilePermissions(rawValue: 0o644))
    }
  }

  private func write(_ bytes: [UInt8], to file: FilePath, mode: FilePermissions) throws {
    let output = try AtomicFile.create(at: file)
    try bytes.withUnsafeBytes { try output.write($0) }
    try output.commit(mode: mode)
  }

  private func makeFolders(for file: String) throws {
    for folder in RelativePath(file)?.folders ?? [] {
      let path = path.appending(folder)
      var isDirectory: ObjCBool = false
      if FileManager.default.fileExists(atPath: path.string, isDirectory: &isDirectory), isDirectory.boolValue {
        continue
      }
      do {
        try FileManager.default.createDirectory(
          atPath: path.string, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
      } catch {
        throw FileSystemError("create the folder", path, isDirectory.boolValue ? .fileExists : .notDirectory)
      }
    }
  }

  /// Temporary files that a killed run left beside files of ours.
  private func removeLeftovers(_ tree: ArtifactTree) {
    var folders: Set<String> = [""]
    for path in tree.files.keys { folders.formUnion(path.folders) }
    for folder in folders {
      let absolute = folder.isEmpty ? path.string : path.appending(folder).string
      for name in (try? FileManager.default.contentsOfDirectory(atPath: absolute)) ?? []
      where name.hasPrefix(".") && name.dropLast(6).hasSuffix(".kiln-") {
        try? FileManager.default.removeItem(atPath: absolute + "/" + name)
      }
    }
  }

  private func remove(_ file: String) throws {
    do { try FileManager.default.removeItem(atPath: path.appending(file).string) } catch {
      throw FileSystemError("remove", path.appending(file), .permissionDenied)
    }
    // Folders that this leaves empty go as well, as far as the output folder itself.
    for folder in (RelativePath(file)?.folders ?? []).reversed() {
      let absolute = path.appending(folder).string
      guard let rest = try? FileManager.default.contentsOfDirectory(atPath: absolute), rest.isEmpty else { break }
      try? FileManager.default.removeItem(atPath: absolute)
    }
  }

  private struct Existing {
    let bytes: [UInt8]
    let isExecutable: Bool
    let isLink: Bool
    var digest: String { ContentDigest(of: bytes).hex }
  }

  /// The file below the folder; nil when it is not there.
  private func read(_ file: String) throws -> Existing? {
    let absolute = path.appending(file)
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: absolute.string) else { return nil }
    let type = attributes[.type] as? FileAttributeType
    if type == .typeSymbolicLink { return Existing(bytes: [], isExecutable: false, isLink: true) }
    guard type == .typeRegular else { throw FileSystemError("replace", absolute, .isDirectory) }
    do {
      let descriptor = try FileDescriptor.open(absolute, .readOnly, options: .closeOnExec)
      defer { try? descriptor.close() }
      let size = (attributes[.size] as? NSNumber)?.intValue ?? 0
      let bytes = try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        while count < buffer.count {
          let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
          let read = try descriptor.read(into: rest)
          if read == 0 { break }
          count += read
        }
      }
      let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
      return Existing(bytes: bytes, isExecutable: mode & 0o100 != 0, isLink: false)
    } catch let error as Errno {
      throw FileSystemError("read", absolute, error)
    }
  }
}
