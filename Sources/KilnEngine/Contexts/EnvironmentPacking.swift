import KilnArtifacts
package import KilnConsole
package import KilnContext
import KilnDiagnostics
package import KilnDocuments
import KilnPlan
package import KilnProcesses
import KilnWorkspace
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A packed context, and how to tell that it need not be packed again.
package struct PackedArchive: Codable, Sendable {
  /// Absolute.
  package let path: String
  package let digest: String
  package let tarDigest: String
  package let size: Int
  package let files: Int
  package let bytes: Int
  /// Of what it was packed from; nil when that changed just then.
  package let fingerprint: String?
  /// The archive's own size, inode and time of change.
  package let status: String

  package func document(_ image: EnvironmentImage, from folder: FilePath) -> DocumentMap {
    let prefix = folder.string + "/"
    return [
      "name": .string(image.name), "image": .string(image.repository.description),
      "archive": .string(path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path),
      "digest": .string("sha256:\(digest)"), "tarDigest": .string("sha256:\(tarDigest)"), "size": .integer(size),
      "files": .integer(files), "bytes": .integer(bytes),
    ]
  }

  package static func status(of path: String) -> String? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    #if canImport(Darwin)
      let time = status.st_ctimespec
    #else
      let time = status.st_ctim
    #endif
    return "\(status.st_size) \(status.st_ino) \(time.tv_sec).\(time.tv_nsec)"
  }
}

/// Packs images' contexts into `dist`, several at once.
package struct EnvironmentPacking {
  package let dist: FilePath
  private let root: FilePath?
  private let workers: Workers
  package let compression: Compression
  package let time: Int

  /// - Parameter root: The workspace that `dist` is in, with no link between the two; nil for a folder that the user named.
  package init(dist: FilePath, below root: FilePath?, compression: Compression, time: Int, workers: Workers) {
    self.dist = dist
    self.root = root
    self.workers = workers
    self.compression = compression
    self.time = time
  }

  /// In the order of `images`; equal archives are packed once.
  package func run(_ images: [EnvironmentImage], _ context: CommandContext, isQuiet: Bool) throws -> [PackedArchive] {
    Interruption.watch()
    var unique: [EnvironmentImage] = []
    for image in images where !unique.contains(where: { $0.archive == image.archive }) { unique.append(image) }
    let jobs = unique
    if let root { try UnlinkedFolder.make(dist, below: root) } else { try dist.makeFolders() }
    let results = try workers.map(jobs) { job in Result { try pack(job, context, isQuiet: isQuiet) } }
    let all = Dictionary(uniqueKeysWithValues: zip(jobs.map(\.archive), results))
    // The problems of all contexts end the command together, where nothing worse does.
    var problems: [Diagnostic] = []
    var sources: [String: String] = [:]
    for job in jobs {
      do { _ = try all[job.archive]?.get() } catch let error as DiagnosticsError {
        problems += error.diagnostics
        sources.merge(job.sources) { $1 }
      }
    }
    guard problems.isEmpty else { throw CommandError(problems, sources: sources) }
    return try images.compactMap { try all[$0.archive]?.get() }
  }

  private func pack(_ image: EnvironmentImage, _ context: CommandContext, isQuiet: Bool) throws -> PackedArchive {
    let path = dist.pushing(FilePath(image.archive + compression.suffix))
    let state = FilePath(path.removingLastComponent().string).appending(
      ContextRemains.note(of: path.lastComponent?.string ?? ""))
    let salt = "\(KilnVersion.generator) \(compression.rawValue) \(time)"
    let fingerprint = try ContextFingerprint.of(image.source, salt: salt)
    if let fingerprint, let bytes = try? RegularFile.read(state, limit: 1 << 20),
      let last = try? JSONDecoder().decode(PackedArchive.self, from: Data(bytes)), last.fingerprint == fingerprint,
      last.path == path.string, last.status == PackedArchive.status(of: path.string)
    {
      if !isQuiet { context.console.error("\(image.archive): unchanged\n") }
      return last
    }
    try UnlinkedFolder.make(path.removingLastComponent(), below: dist)
    if AtomicFile.isDevice(path) {
      throw CommandError("pack.device", "\(path) is a device or a FIFO, not an archive", help: "remove it")
    }
    let packer = ContextPacker(compression: compression, threads: context.cores, time: time)
    let packed = try packer.pack(image.source, to: path, quiet: true, context)
    context.console.report(packed.warnings, sources: image.sources)
    // What changed while it was packed is packed again next time.
    let after = try ContextFingerprint.of(image.source, salt: salt)
    let archive = PackedArchive(
      path: path.string, digest: packed.digest, tarDigest: packed.tarDigest, size: packed.size, files: packed.files,
      bytes: packed.bytes, fingerprint: fingerprint == after ? fingerprint : nil,
      status: PackedArchive.status(of: path.string) ?? "")
    try FileReplacement.replace([.init(path: state, bytes: Array(try JSONEncoder().encode(archive)), isPrivate: false)])
    if !isQuiet { context.console.error("\(image.archive): \(packed.summary("packed"))") }
    return archive
  }

  /// `dist/CUSTOMER/index.json`: every context with its digests; paths relative to `dist`.
  package func writeIndex(of customer: String, _ archives: [(EnvironmentImage, PackedArchive)]) throws {
    let document: DocumentValue = [
      "schemaVersion": 1, "customer": .string(customer),
      "contexts": .list(archives.map { .map($0.1.document($0.0, from: dist)) }),
    ]
    let folder = dist.appending(customer)
    try UnlinkedFolder.make(folder, below: dist)
    try FileReplacement.replace([
      .init(
        path: folder.appending("index.json"), bytes: Array(JSONRenderer(sortedKeys: true).render(document).utf8),
        isPrivate: false)
    ])
  }
}
