import Crypto

/// A SHA-256.
public struct ContentDigest: Sendable, Hashable, CustomStringConvertible {
  /// 64 lower-case hexadecimal digits.
  public let hex: String

  public init(of bytes: some Sequence<UInt8>) {
    var hash = SHA256()
    if bytes.withContiguousStorageIfAvailable({ hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }) == nil {
      hash.update(data: Array(bytes))
    }
    self.init(hash.finalize())
  }

  public init(of text: String) { self.init(of: text.utf8) }

  init(_ digest: SHA256.Digest) {
    hex = String(unsafeUninitializedCapacity: 2 * SHA256.byteCount) { text in
      for (index, byte) in digest.enumerated() {
        text[2 * index] = Self.digit(byte >> 4)
        text[2 * index + 1] = Self.digit(byte & 15)
      }
      return 2 * SHA256.byteCount
    }
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }

  /// `sha256:` and the digits.
  public var description: String { "sha256:\(hex)" }
}

/// A SHA-256 that is computed while bytes pass.
public struct StreamDigest: Sendable {
  private var hash = SHA256()

  public init() {}

  public mutating func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }

  /// 64 lower-case hexadecimal digits.
  public var hex: String { ContentDigest(hash.finalize()).hex }
}
