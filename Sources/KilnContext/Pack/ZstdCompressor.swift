import CZstd

/// zstd with workers of its own.
final class ZstdCompressor: Compressor {
  private let context: OpaquePointer
  private let output: (UnsafeRawBufferPointer) throws -> Void
  private let buffer: UnsafeMutableRawBufferPointer

  init(threads: Int, _ output: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
    guard let context = ZSTD_createCCtx() else { throw ArchiveError(attempt: "begin zstd", answer: "no memory") }
    self.context = context
    self.output = output
    buffer = .allocate(byteCount: ZSTD_CStreamOutSize(), alignment: 16)
    try check(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 2))
    try check(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1))
    // Jobs of 2 MiB keep the memory small; the bytes depend on their size, so it is fixed.
    try check(ZSTD_CCtx_setParameter(context, ZSTD_c_jobSize, 2 << 20))
    // None at all would give other bytes than one. One more than threads: the caller's own mostly waits.
    try check(ZSTD_CCtx_setParameter(context, ZSTD_c_nbWorkers, Int32(max(1, threads) + 1)))
  }

  deinit {
    ZSTD_freeCCtx(context)
    buffer.deallocate()
  }

  private func check(_ code: Int) throws {
    guard ZSTD_isError(code) == 0 else {
      throw ArchiveError(attempt: "compress", answer: String(cString: ZSTD_getErrorName(code)))
    }
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws { try compress(bytes, ZSTD_e_continue) }

  func finish() throws { try compress(UnsafeRawBufferPointer(start: nil, count: 0), ZSTD_e_end) }

  private func compress(_ bytes: UnsafeRawBufferPointer, _ mode: ZSTD_EndDirective) throws {
    var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
    while true {
      var out = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
      let left = ZSTD_compressStream2(context, &out, &input, mode)
      try check(left)
      if out.pos > 0 { try output(UnsafeRawBufferPointer(rebasing: buffer[..<out.pos])) }
      if mode == ZSTD_e_continue ? input.pos == input.size : left == 0 { return }
    }
  }
}
