import KilnArtifacts
import KilnContext
import KilnPlan
import KilnProcesses
import SystemPackage

/// Writes a backup: its parts, one after the other, and the manifest, which only a whole one has.
final class BackupWriter {
  private let writer: ArchiveWriter
  private let customer: String
  private(set) var parts: [BackupManifest.Part] = []

  /// - Parameter output: Takes the backup's bytes.
  init(customer: String, _ output: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
    self.customer = customer
    writer = try ArchiveWriter(time: 0, output)
  }

  /// A dump, as the service printed it.
  func add(_ part: DataPart, dump spool: SpoolFile, image: String?) throws {
    let (sha256, bytes) = try Self.digest { try spool.forEach($0) }
    try begin(part.file, bytes)
    try spool.forEach { try writer.write($0) }
    parts.append(
      .init(
        kind: .dump, name: part.name, file: part.file, sha256: sha256, bytes: bytes, service: part.service?.name,
        version: part.service?.version, image: image))
  }

  /// A volume, as the engine gave it. It is read twice: the archive wants its size first.
  /// - Returns: What was written of it.
  func add(_ part: DataPart, volume spool: SpoolFile, image: String?) throws -> VolumeArchive.Summary {
    var summary: VolumeArchive.Summary?
    let (sha256, bytes) = try Self.digest { summary = try VolumeArchive.write(spool, $0) }
    try begin(part.file, bytes)
    let again = try VolumeArchive.write(spool) { [writer] in try writer.write($0) }
    let root = (summary ?? again).root
    parts.append(
      .init(
        kind: .volume, name: part.name, file: part.file, sha256: sha256, bytes: bytes, service: part.service?.name,
        version: part.service?.version, image: image, user: root.user, group: root.group, entries: again.entries))
    return again
  }

  private func begin(_ name: String, _ size: Int) throws {
    try writer.begin(ArchiveEntry(Array(name.utf8), .file(size: size), mode: 0o600))
  }

  func finish() throws {
    let bytes = try BackupManifest(customer: customer, parts: parts).bytes
    try begin(BackupManifest.name, bytes.count)
    try bytes.withUnsafeBytes { try writer.write($0) }
    try writer.close()
  }

  private static func digest(
    _ body: (@escaping (UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws -> (sha256: String, bytes: Int) {
    var digest = StreamDigest()
    var count = 0
    try body {
      digest.update($0)
      count += $0.count
    }
    return (digest.hex, count)
  }
}
