import KilnDocuments
import Synchronization

/// What another program prints, on its way to the console: whole lines without terminal sequences, none of them a command
/// to a CI system.
package final class RelayedOutput: Sendable {
  /// A longer line is broken.
  private static let limit = 1 << 16

  private let pending = Mutex<[UInt8]>([])
  private let edit: @Sendable (String) -> String?
  private let print: @Sendable ([UInt8]) -> Void

  package init(edit: @escaping @Sendable (String) -> String?, print: @escaping @Sendable ([UInt8]) -> Void) {
    self.edit = edit
    self.print = print
  }

  /// Takes the next bytes; lines and characters may be cut anywhere.
  package func write(_ bytes: UnsafeRawBufferPointer) {
    let lines = pending.withLock { pending -> [UInt8] in
      var lines: [UInt8] = []
      for byte in bytes {
        if byte != 0x0A {
          pending.append(byte)
          if pending.count < Self.limit { continue }
        }
        lines += line(pending)
        pending.removeAll(keepingCapacity: true)
      }
      return lines
    }
    if !lines.isEmpty { print(lines) }
  }

  /// Prints a last line without its newline.
  package func finish() {
    let last = pending.withLock { pending -> [UInt8] in
      defer { pending = [] }
      return pending.isEmpty ? [] : line(pending)
    }
    if !last.isEmpty { print(last) }
  }

  /// The line as a terminal shows it: what stands before a bare carriage return has been written over.
  private func line(_ bytes: [UInt8]) -> [UInt8] {
    let shown = bytes.split(separator: 0x0D).last ?? []
    guard let text = edit(String(decoding: TerminalText.plain(shown), as: UTF8.self)) else { return [] }
    return Array((ConsoleText.safe(text) + "\n").utf8)
  }
}
