import KilnArtifacts
package import KilnConsole
package import KilnContext
import KilnDiagnostics
package import KilnDocuments
import KilnProcesses
package import SystemPackage

extension CommandContext {
  /// Counts entries on a terminal; ends the packing when the user interrupts.
  package func progress(quiet: Bool) -> (ContextEntry) throws -> Void {
    Interruption.watch()
    var count = 0
    var last = ContinuousClock.now
    return { [console] _ in
      try Interruption.check()
      count += 1
      guard !quiet, console.isTerminal, count.isMultiple(of: 256), last.duration(to: .now) > .milliseconds(200) else {
        return
      }
      last = .now
      console.progress("packing: \(count) entries")
    }
  }
}

extension ContextPacker {
  package func pack(_ source: ContextSource, intoStandardOutputOf context: CommandContext, quiet: Bool) throws
    -> PackedContext
  {
    try pack(source, progress: context.progress(quiet: quiet)) { bytes in
      do {
        try FileDescriptor.standardOutput.writeWhole(bytes)
      } catch let error as Errno { throw FileSystemError("write", "standard output", error) }
    }
  }

  /// Packs to a file that appears only when it is whole.
  package func pack(_ source: ContextSource, to path: FilePath, quiet: Bool, _ context: CommandContext) throws
    -> PackedContext
  {
    if AtomicFile.isDevice(path) { return try pack(source, intoDevice: path, quiet: quiet, context) }
    let file = try AtomicFile.create(at: path)
    let descriptor = file.descriptor
    let packed = try pack(source, progress: context.progress(quiet: quiet)) { bytes in
      try Interruption.check()
      do {
        try descriptor.writeWhole(bytes)
      } catch let error as Errno { throw FileSystemError("write", path, error) }
    }
    try file.commit(mode: FilePermissions(rawValue: 0o644))
    return packed
  }

  /// A device or a FIFO is written to, not replaced.
  private func pack(_ source: ContextSource, intoDevice path: FilePath, quiet: Bool, _ context: CommandContext) throws
    -> PackedContext
  {
    do {
      let descriptor = try FileDescriptor.open(path, .writeOnly, options: [.append, .closeOnExec])
      return try descriptor.closeAfter {
        try pack(source, progress: context.progress(quiet: quiet)) { bytes in
          try Interruption.check()
          try descriptor.writeWhole(bytes)
        }
      }
    } catch let error as Errno { throw FileSystemError("write", path, error) }
  }
}

extension PackedContext {
  package var document: DocumentMap {
    [
      "digest": .string("sha256:\(digest)"), "tarDigest": .string("sha256:\(tarDigest)"), "size": .integer(size),
      "files": .integer(files), "directories": .integer(directories), "links": .integer(links),
      "bytes": .integer(bytes),
      "largest": largest.map { ["path": .string($0.path), "bytes": .integer($0.bytes)] } ?? .null,
    ]
  }

  package func summary(_ name: String) -> String {
    var text = "\(name): \(files) files, \(Phrase.amount(bytes)) in, \(Phrase.amount(size)) out, sha256:\(digest)\n"
    if let largest {
      let path = largest.path.count > 200 ? "…" + largest.path.suffix(200) : largest.path
      text += "  largest: \(path), \(Phrase.amount(largest.bytes))\n"
    }
    return text
  }
}
