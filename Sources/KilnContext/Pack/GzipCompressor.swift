import CLibDeflate
import Dispatch
import Synchronization

/// gzip in members of 1 MiB that several threads compress; readers take members one after another for one file.
///
/// What a member holds does not depend on the threads, nor on the instructions that libdeflate picks: see
/// docs/decisions/0011.
final class GzipCompressor: Compressor {
  private static let memberSize = 1 << 20
  private static let level: Int32 = 6

  /// A member on its way: filled here, compressed by a worker, written in its turn.
  private final class Member: Sendable {
    let isDone = DispatchSemaphore(value: 0)
    let bytes: Mutex<[UInt8]>

    init(_ bytes: [UInt8]) { self.bytes = Mutex(bytes) }
  }

  private let output: (UnsafeRawBufferPointer) throws -> Void
  private let workers = DispatchQueue(label: "kiln.gzip", attributes: .concurrent)
  private let limit: Int
  private var waiting: [Member] = []
  private var pending: [UInt8] = []
  private var hasWritten = false

  init(threads: Int, _ output: @escaping (UnsafeRawBufferPointer) throws -> Void) {
    self.output = output
    limit = max(1, threads) * 2 + 1
    pending.reserveCapacity(Self.memberSize)
  }

  deinit {
    // Workers hold their members themselves; nobody waits for those that are left.
    for member in waiting { member.isDone.wait() }
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      let count = min(rest.count, Self.memberSize - pending.count)
      pending += UnsafeRawBufferPointer(rebasing: rest[..<count])
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      if pending.count == Self.memberSize { try begin() }
    }
  }

  func finish() throws {
    if !pending.isEmpty || !hasWritten { try begin() }
    while !waiting.isEmpty { try writeFirst() }
  }

  private func begin() throws {
    hasWritten = true
    if waiting.count >= limit { try writeFirst() }
    let member = Member(pending)
    pending = []
    pending.reserveCapacity(Self.memberSize)
    waiting.append(member)
    workers.async {
      member.bytes.withLock { $0 = Self.compressed($0) }
      member.isDone.signal()
    }
  }

  private func writeFirst() throws {
    let member = waiting.removeFirst()
    member.isDone.wait()
    let bytes = member.bytes.withLock { $0 }
    guard !bytes.isEmpty else { throw ArchiveError(attempt: "compress", answer: "no memory") }
    try bytes.withUnsafeBytes { try output($0) }
  }

  /// One member; nothing when there is no memory.
  private static func compressed(_ bytes: [UInt8]) -> [UInt8] {
    guard let compressor = libdeflate_alloc_compressor(level) else { return [] }
    defer { libdeflate_free_compressor(compressor) }
    let bound = libdeflate_gzip_compress_bound(compressor, bytes.count)
    return [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
      count = bytes.withUnsafeBytes {
        libdeflate_gzip_compress(compressor, $0.baseAddress, $0.count, buffer.baseAddress, bound)
      }
    }
  }
}
