import Dispatch
import Synchronization

/// Gathers bytes to blocks, passes each on, and computes their digest on a thread of its own meanwhile.
final class BlockStream {
  /// Filled here, then read by the digest's thread until it is free again.
  private final class Block: Sendable {
    let isFree = DispatchSemaphore(value: 1)
    let bytes: Mutex<[UInt8]>

    init(size: Int) { bytes = Mutex(Array(repeating: 0, count: size)) }
  }

  private static let size = 1 << 18
  private static let count = 8

  private let output: (UnsafeRawBufferPointer) throws -> Void
  private let blocks = (0..<count).map { _ in Block(size: size) }
  private var current = 0
  private var used = 0
  private let queue = DispatchQueue(label: "kiln.digest")
  private let digest: SharedDigest

  private final class SharedDigest: Sendable {
    let value = Mutex(StreamDigest())
  }

  /// - Parameter output: Takes each block; it is not kept.
  init(_ output: @escaping (UnsafeRawBufferPointer) throws -> Void) {
    self.output = output
    digest = SharedDigest()
    blocks[0].isFree.wait()
  }

  deinit {
    // A semaphore must be as free at its end as it was at its beginning.
    queue.sync {}
    blocks[current].isFree.signal()
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      let count = min(rest.count, Self.size - used)
      blocks[current].bytes.withLock { block in
        block.withUnsafeMutableBytes {
          UnsafeMutableRawBufferPointer(rebasing: $0[used..<used + count]).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
        }
      }
      used += count
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      if used == Self.size { try passOn() }
    }
  }

  private func passOn() throws {
    let block = blocks[current]
    let count = used
    try block.bytes.withLock { bytes in
      try bytes.withUnsafeBytes { try output(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
    queue.async { [digest] in
      block.bytes.withLock { bytes in
        bytes.withUnsafeBytes { pointer in
          digest.value.withLock { $0.update(UnsafeRawBufferPointer(rebasing: pointer[..<count])) }
        }
      }
      block.isFree.signal()
    }
    current = (current + 1) % Self.count
    used = 0
    blocks[current].isFree.wait()
  }

  /// Passes the last block on.
  /// - Returns: The digest of all bytes.
  func finish() throws -> String {
    if used > 0 { try passOn() }
    return queue.sync { digest.value.withLock { $0.hex } }
  }
}
