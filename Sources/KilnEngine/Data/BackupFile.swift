import KilnArtifacts
import KilnContext
import KilnProcesses
package import SystemPackage

/// A backup that is read.
package final class BackupFile {
  package let path: FilePath
  private let descriptor: FileDescriptor

  /// - Throws: `RegularFile.Failure`.
  package init(_ path: FilePath) throws {
    self.path = path
    descriptor = try RegularFile.open(path).descriptor
  }

  deinit { try? descriptor.close() }

  private func reader() throws -> ArchiveReader {
    _ = try descriptor.seek(offset: 0, from: .start)
    let (descriptor, path) = (descriptor, path)
    return try ArchiveReader { buffer in
      try Interruption.check()
      do { return try descriptor.read(into: buffer) } catch let error as Errno {
        throw FileSystemError("read", path, error)
      }
    }
  }

  /// What a part turned out to be.
  private struct Found {
    let sha256: String
    let bytes: Int
    let volume: VolumeArchive.Summary?
  }

  /// Reads all of it.
  /// - Returns: The manifest, of which everything is true.
  /// - Throws: `BackupProblem` for the first thing that is not as Kiln writes it.
  package func check() throws -> BackupManifest {
    var found: [String: Found] = [:]
    var manifest: BackupManifest?
    do {
      let reader = try reader()
      while let entry = try reader.next() {
        guard manifest == nil else { throw BackupProblem("\(entry.name) comes after \(BackupManifest.name)") }
        guard case .file(let size) = entry.kind else { throw BackupProblem("\(entry.name) is no file") }
        if entry.name == BackupManifest.name {
          manifest = try Self.manifest(reader, size)
        } else {
          guard found[entry.name] == nil else { throw BackupProblem("\(entry.name) is there twice") }
          found[entry.name] = try Self.part(entry.name, reader)
        }
      }
    } catch let error as ArchiveError {
      throw BackupProblem("it cannot be read to its end: \(error.answer)")
    }
    guard let manifest else {
      throw BackupProblem("\(BackupManifest.name) is not in it: it is no backup of Kiln's, or not whole")
    }
    try Self.compare(manifest, found)
    return manifest
  }

  private static func manifest(_ reader: ArchiveReader, _ size: Int) throws -> BackupManifest {
    guard size <= BackupManifest.limit else { throw BackupProblem("\(BackupManifest.name) is too large") }
    var bytes: [UInt8] = []
    try reader.rest { bytes += $0 }
    return try BackupManifest(decoding: bytes)
  }

  private static func part(_ name: String, _ reader: ArchiveReader) throws -> Found {
    let entry = DigestedEntry(reader)
    var summary: VolumeArchive.Summary?
    if name.hasPrefix("volumes/") {
      do {
        summary = try VolumeArchive.read(try ArchiveReader { try entry.read(into: $0) }, to: nil)
      } catch let problem as BackupProblem {
        throw BackupProblem("\(name): \(problem.text)")
      } catch let error as ArchiveError {
        throw BackupProblem("\(name) cannot be read to its end: \(error.answer)")
      }
    }
    try entry.finish()
    return Found(sha256: entry.digest.hex, bytes: entry.count, volume: summary)
  }

  private static func compare(_ manifest: BackupManifest, _ found: [String: Found]) throws {
    for part in manifest.parts {
      guard let there = found[part.file] else { throw BackupProblem("\(part.file) is not in it") }
      guard there.sha256 == part.sha256, there.bytes == part.bytes else {
        throw BackupProblem("\(part.file) is not what \(BackupManifest.name) says: its SHA-256 is \(there.sha256)")
      }
      guard (there.volume != nil) == (part.kind == .volume) else {
        throw BackupProblem("\(part.file) is no \(part.kind.rawValue)")
      }
    }
    let named = Set(manifest.parts.map(\.file))
    if let other = found.keys.sorted().first(where: { !named.contains($0) }) {
      throw BackupProblem("\(BackupManifest.name) does not name \(other)")
    }
    guard named.count == manifest.parts.count, Set(manifest.parts.map(\.name)).count == manifest.parts.count else {
      throw BackupProblem("\(BackupManifest.name) names a part twice")
    }
  }

  /// Reads one part again.
  /// - Throws: `BackupProblem` where it is no longer what was checked; what `body` made of it must not be used then.
  package func read<Value>(_ part: BackupManifest.Part, _ body: (DigestedEntry) throws -> Value) throws -> Value {
    let reader = try reader()
    while let entry = try reader.next() {
      guard entry.name == part.file else { continue }
      let bytes = DigestedEntry(reader)
      let value = try body(bytes)
      try bytes.finish()
      guard bytes.digest.hex == part.sha256 else { break }
      return value
    }
    throw BackupProblem("\(part.file) has changed since it was checked")
  }
}

/// An entry's bytes, which are digested while they pass.
package final class DigestedEntry {
  private let reader: ArchiveReader
  private(set) var digest = StreamDigest()
  private(set) var count = 0

  init(_ reader: ArchiveReader) { self.reader = reader }

  package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = try reader.read(into: buffer)
    digest.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    self.count += count
    return count
  }

  /// Passes all that is left on.
  package func finish(_ body: (UnsafeRawBufferPointer) throws -> Void = { _ in }) throws {
    try reader.rest {
      digest.update($0)
      count += $0.count
      try body($0)
    }
  }
}
