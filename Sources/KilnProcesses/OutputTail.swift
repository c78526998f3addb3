import Synchronization

/// The last of what a program printed, to say why it failed.
package final class OutputTail: Sendable {
  private static let limit = 16384
  private let bytes = Mutex<[UInt8]>([])

  package init() {}

  package func add(_ piece: UnsafeRawBufferPointer) {
    bytes.withLock { bytes in
      bytes += piece
      if bytes.count > Self.limit { bytes.removeFirst(bytes.count - Self.limit) }
    }
  }

  package var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }
}
