internal import CNettle

/// A SHA-256.
public struct ContentDigest: Sendable, Hashable, CustomStringConvertible {
  /// 64 lower-case hexadecimal digits.
  public let hex: String

  public init(of bytes: some Sequence<UInt8>) {
    var digest = StreamDigest()
    if bytes.withContiguousStorageIfAvailable({ digest.update(UnsafeRawBufferPointer($0)) }) == nil {
      Array(bytes).withUnsafeBytes { digest.update($0) }
    }
    hex = digest.hex
  }

  public init(of text: String) { self.init(of: text.utf8) }

  /// The tag of the image that has it: 160 bits. Whoever writes a source may look for two contents of one tag, which twelve
  /// digits make the work of seconds.
  public var tag: String { Self.tag(of: hex) }

  /// The same of digits.
  public static func tag(of hex: String) -> String { String(hex.prefix(40)) }

  /// The first twelve digits, to show to people.
  public var short: String { String(hex.prefix(12)) }

  /// `sha256:` and the digits.
  public var description: String { "sha256:\(hex)" }
}

/// HMAC with SHA-256 (RFC 2104): who has not the key learns nothing of the text, not even by trying.
public enum KeyedDigest {
  /// - Returns: 64 lower-case hexadecimal digits.
  public static func hex(of bytes: [UInt8], key: String) -> String {
    var context = hmac_sha256_ctx()
    let key = Array(key.utf8)
    nettle_hmac_sha256_set_key(&context, key.count, key)
    nettle_hmac_sha256_update(&context, bytes.count, bytes)
    return StreamDigest.hex { kiln_hmac_sha256_digest(&context, $0) }
  }
}

/// The same with a key that is kept, for many short texts.
public struct DigestKey: Sendable {
  private let context: hmac_sha256_ctx

  public init(_ key: [UInt8]) {
    var context = hmac_sha256_ctx()
    nettle_hmac_sha256_set_key(&context, key.count, key)
    self.context = context
  }

  /// The first eight bytes of the HMAC.
  public func number(of bytes: [UInt8]) -> UInt64 {
    var context = context
    nettle_hmac_sha256_update(&context, bytes.count, bytes)
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(SHA256_DIGEST_SIZE)) { digest in
      kiln_hmac_sha256_digest(&context, digest.baseAddress)
      return digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
  }
}

/// A SHA-256 that is computed while bytes pass. Nettle's, which uses the processor's SHA instructions
/// (docs/decisions/0040).
public struct StreamDigest: Sendable {
  private var context = sha256_ctx()

  public init() { nettle_sha256_init(&context) }

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.bindMemory(to: UInt8.self).baseAddress else { return }
    nettle_sha256_update(&context, bytes.count, start)
  }

  /// 64 lower-case hexadecimal digits.
  public var hex: String {
    var context = context
    return Self.hex { kiln_sha256_digest(&context, $0) }
  }

  fileprivate static func hex(_ body: (UnsafeMutablePointer<UInt8>?) -> Void) -> String {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(SHA256_DIGEST_SIZE)) { digest in
      body(digest.baseAddress)
      return String(unsafeUninitializedCapacity: 2 * digest.count) { text in
        for (index, byte) in digest.enumerated() {
          text[2 * index] = Self.digit(byte >> 4)
          text[2 * index + 1] = Self.digit(byte & 15)
        }
        return 2 * digest.count
      }
    }
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }
}
