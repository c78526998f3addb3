/// How an archive is compressed.
public enum Compression: String, Sendable, CaseIterable {
  case none
  /// Members of 1 MiB, level 6 of libdeflate.
  case gzip
  /// Level 2 of libzstd in jobs of 2 MiB, with at least one worker: the bytes are the same for any number of them.
  case zstd

  /// The end of an archive's name, as in `.tar.gz`.
  public var suffix: String {
    switch self {
    case .none: ".tar"
    case .gzip: ".tar.gz"
    case .zstd: ".tar.zst"
    }
  }
}

/// Takes the archive's bytes, and gives them on as they are stored.
protocol Compressor: AnyObject {
  func write(_ bytes: UnsafeRawBufferPointer) throws
  /// Writes what is left.
  func finish() throws
}

/// No compression.
final class PassThrough: Compressor {
  private let output: (UnsafeRawBufferPointer) throws -> Void

  init(_ output: @escaping (UnsafeRawBufferPointer) throws -> Void) { self.output = output }

  func write(_ bytes: UnsafeRawBufferPointer) throws { try output(bytes) }
  func finish() throws {}
}

extension Compression {
  /// By the end of an archive's name.
  package init(fileName: String) {
    let name = fileName.lowercased()
    self =
      [".gz", ".tgz"].contains { name.hasSuffix($0) }
      ? .gzip : [".zst", ".tzst"].contains { name.hasSuffix($0) } ? .zstd : .none
  }
}
