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

  /// - Parameter path: `-` is standard input. The system's names of this process's open files are taken whatever they are,
  ///   as a shell gives them for `<(…)`; all else is a regular file, for others may never end, or never begin.
  package static func report(_ path: String, in context: CommandContext) throws -> PackerReport {
    var reader = PackerLogReader()
    let descriptor: FileDescriptor
    let file = context.folder.pushing(FilePath(path))
    do {
      if path == "-" {
        descriptor = .standardInput
      } else if isOpenAlready(file) {
        descriptor = try .open(file, .readOnly, options: .closeOnExec)
      } else {
        descriptor = try RegularFile.open(file).descriptor
      }
    } catch let error as Errno {
      throw FileSystemError("open", file, error)
    } catch let error as RegularFile.Failure {
      switch error.reason {
      case .absent: throw FileSystemError("open", file, .noSuchFileOrDirectory)
      case .otherKind("a FIFO"): throw CommandError("input.file", "\(error)", help: "- reads standard input")
      default: throw error
      }
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

  private static func isOpenAlready(_ file: FilePath) -> Bool {
    let file = file.lexicallyNormalized()
    return file == "/dev/stdin" || file.starts(with: "/dev/fd") || file.starts(with: "/proc/self/fd")
  }
}
