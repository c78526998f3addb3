import Foundation
import Synchronization
import SystemPackage

/// What a run that has not ended wrote: by it the next run knows the files of one that was killed.
struct OutputJournal: Sendable {
  static let name = ".kiln-journal"

  /// Whether a run was killed.
  let isThere: Bool
  /// By unit and path.
  private let digests: [String: [String: Set<String>]]

  private init(isThere: Bool, digests: [String: [String: Set<String>]]) {
    self.isThere = isThere
    self.digests = digests
  }

  /// Lines are `SHA256 PATH`; a last one that is not whole is none.
  static func read(in folder: FilePath) -> OutputJournal {
    guard let data = FileManager.default.contents(atPath: folder.appending(name).string) else {
      return OutputJournal(isThere: false, digests: [:])
    }
    var digests: [String: [String: Set<String>]] = [:]
    for line in String(decoding: data, as: UTF8.self).split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
      guard parts.count == 2, RelativePath(parts[1]) != nil else { continue }
      digests[OutputUnit.name(of: parts[1]), default: [:]][parts[1], default: []].insert(parts[0])
    }
    return OutputJournal(isThere: true, digests: digests)
  }

  /// What a killed run wrote of a unit, by path, each with the digests that it may have.
  func files(of unit: String) -> [String: Set<String>] { digests[unit] ?? [:] }

  var units: [String] { Array(digests.keys) }

  /// Appends to the journal before the files get their names.
  final class Writer: Sendable {
    private let file: FileDescriptor
    private let path: FilePath

    /// - Throws: `FileSystemError`.
    init(in folder: FilePath) throws {
      path = folder.appending(OutputJournal.name)
      do {
        file = try FileDescriptor.open(
          path, .writeOnly, options: [.create, .append, .closeOnExec], permissions: FilePermissions(rawValue: 0o644))
      } catch let error as Errno {
        throw FileSystemError("create", path, error)
      }
    }

    deinit { try? file.close() }

    /// One write: a kill leaves whole lines, or the end of the last one away.
    func add(_ files: [(path: String, digest: String)]) throws {
      let bytes = Array(files.map { "\($0.digest) \($0.path)\n" }.joined().utf8)
      do { try file.writeAll(bytes) } catch let error as Errno { throw FileSystemError("write", path, error) }
    }
  }
}
