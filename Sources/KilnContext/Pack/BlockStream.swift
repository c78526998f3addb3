import Dispatch
import KilnArtifacts
import Synchronization

/// Gathers bytes to blocks; each is passed on and digested on threads of their own, while the next ones are filled.
final class BlockStream {
  /// Filled here, then read by both threads until it is free again.
  private final class Block: Sendable {
    /// One for each thread that reads it.
    let isFree = DispatchSemaphore(value: 2)
    let bytes: Mutex<[UInt8]>

    init(size: Int) {
      // Not filled: a small context touches the first pages alone.
      bytes = Mutex([UInt8](unsafeUninitializedCapacity: size) { _, count in count = size })
    }
  }

  /// Each costs the three threads a few wake-ups.
  private static let size = 1 << 20
  private static let count = 5

  /// Where blocks go.
  private final class Output: Sendable {
    /// Called by the output's thread alone, one block after the other, until `finish` has waited for it.
    nonisolated(unsafe) let write: (UnsafeRawBufferPointer) throws -> Void

    init(_ write: @escaping (UnsafeRawBufferPointer) throws -> Void) { self.write = write }
  }

  private let output: Output
  private let outputQueue = DispatchQueue(label: "kiln.output")
  private let failure = SharedFailure()
  private let blocks = (0..<count).map { _ in Block(size: size) }
  private var current = 0
  private var used = 0
  private let queue = DispatchQueue(label: "kiln.digest")
  private let digest: SharedDigest

  private final class SharedDigest: Sendable {
    let value = Mutex(StreamDigest())
  }

  /// What the output threw; nothing more is passed on then.
  private final class SharedFailure: Sendable {
    let value = Mutex<(any Error)?>(nil)
  }

  /// - Parameter output: Takes each block; it is not kept.
  init(_ output: @escaping (UnsafeRawBufferPointer) throws -> Void) {
    self.output = Output(output)
    digest = SharedDigest()
    wait(for: blocks[0])
  }

  deinit {
    // A semaphore must be as free at its end as it was at its beginning.
    queue.sync {}
    outputQueue.sync {}
    for _ in 0..<2 { blocks[current].isFree.signal() }
  }

  private func wait(for block: Block) { for _ in 0..<2 { block.isFree.wait() } }

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
    if let failure = failure.value.withLock({ $0 }) { throw failure }
    outputQueue.async { [output, failure] in
      block.bytes.withLock { bytes in
        guard failure.value.withLock({ $0 == nil }) else { return }
        do {
          try bytes.withUnsafeBytes { try output.write(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        } catch { failure.value.withLock { $0 = error } }
      }
      block.isFree.signal()
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
    wait(for: blocks[current])
  }

  /// Passes the last block on.
  /// - Returns: The digest of all bytes.
  func finish() throws -> String {
    if used > 0 { try passOn() }
    outputQueue.sync {}
    if let failure = failure.value.withLock({ $0 }) { throw failure }
    return queue.sync { digest.value.withLock { $0.hex } }
  }
}
