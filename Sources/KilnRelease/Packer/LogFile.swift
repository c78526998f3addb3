import KilnArtifacts
package import KilnConsole
import KilnDiagnostics
package import KilnPacker
import SystemPackage

/// Reads a log from a file or standard input, in pieces.
package enum LogFile {
  /// The report of a log that agrees with a manifest, where one is given.
  package static func report(_ path: String, manifest: String?, in context: CommandContext) throws -> PackerReport {
    let report = try report(path, in: context)
    guard let manifest else { return report }
    let file = context.folder.pushing(FilePath(manifest))
    let data = try RegularFile.read(file, limit: 64 << 20)
    let differences: [String]
    do {
      differences = try PackerManifest(data).differences(from: report)
    } catch {
      throw CommandError("packer-log.manifest", "\(manifest): \(error)")
    }
    try refuse(differences)
    return report
  }

  /// - Parameter differences: Between a manifest and a log.
  package static func refuse(_ differences: [String]) throws {
    if differences.isEmpty { return }
    throw CommandError(
      "packer-log.other-run", "the manifest and the log are not of one run", details: differences.map(Relayed.safe))
  }

  /// - Parameter path: `-` is standard input.
  package static func report(_ path: String, in context: CommandContext) throws -> PackerReport {
    var reader = PackerLogReader()
    let descriptor: FileDescriptor
    let file = context.folder.pushing(FilePath(path))
    do {
      descriptor = try path == "-" ? .standardInput : .open(file, .readOnly, options: .closeOnExec)
    } catch let error as Errno {
      throw FileSystemError("open", file, error)
    }
    defer { if path != "-" { try? descriptor.close() } }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 64)
    defer { buffer.deallocate() }
    do {
      while true {
        let count = try descriptor.read(into: buffer)
        if count == 0 { break }
        reader.read(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      }
    } catch let error as Errno {
      throw FileSystemError("read", file, error)
    }
    return reader.finish()
  }
}
