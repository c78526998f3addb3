import Synchronization

/// The last of what a program printed, to say why it failed.
package final class OutputTail: Sendable {
  private static let limit = 16384
  private let bytes = Mutex<(last: [UInt8], isCut: Bool)>(([], false))

  package init() {}

  package func add(_ piece: UnsafeRawBufferPointer) {
    bytes.withLock { bytes in
      bytes.last += piece
      if bytes.last.count > Self.limit {
        bytes.last.removeFirst(bytes.last.count - Self.limit)
        bytes.isCut = true
      }
    }
  }

  /// Whole lines: of one that was cut, a secret at its beginning would not be recognised.
  package var text: String {
    bytes.withLock { bytes in
      let whole = bytes.isCut ? bytes.last.drop { $0 != 0x0A }.dropFirst() : bytes.last[...]
      return String(decoding: whole, as: UTF8.self)
    }
  }
}
