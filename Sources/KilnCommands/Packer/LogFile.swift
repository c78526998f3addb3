import ArgumentParser
import Foundation
import KilnArtifacts
import KilnPacker
import SystemPackage

/// Reads a log from a file or standard input, in pieces.
enum LogFile {
  /// The report of a log that agrees with a manifest, where one is given.
  static func report(_ path: String, manifest: String?, in context: CommandContext) throws -> PackerReport {
    let report = try report(path, in: context)
    guard let manifest else { return report }
    let file = context.folder.pushing(FilePath(manifest))
    let data = try context.reading { () throws(RegularFile.Failure) in try RegularFile.read(file, limit: 64 << 20) }
    let differences: [String]
    do {
      differences = try PackerManifest(Data(data)).differences(from: report)
    } catch {
      context.console.error("error: \(manifest): \(error)\n")
      throw KilnExit.problems
    }
    guard differences.isEmpty else {
      context.console.error(
        "error: the manifest and the log are not of one run\n" + differences.map { "  \(Relayed.safe($0))\n" }.joined())
      throw KilnExit.problems
    }
    return report
  }

  /// - Parameter path: `-` is standard input.
  static func report(_ path: String, in context: CommandContext) throws -> PackerReport {
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
