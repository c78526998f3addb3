/// How a file's text is encoded, so that it is written back the same way.
enum TextEncoding: Sendable, Equatable {
  case utf8
  case utf16(isBigEndian: Bool)

  /// The text as UTF-8 and its encoding; nil for bytes that are neither.
  static func decode(_ bytes: [UInt8]) -> (text: [UInt8], encoding: TextEncoding)? {
    let isBig = bytes.starts(with: [0xFE, 0xFF])
    guard isBig || bytes.starts(with: [0xFF, 0xFE]) else {
      return isUTF8(bytes) ? (bytes, .utf8) : nil
    }
    guard bytes.count.isMultiple(of: 2) else { return nil }
    let units = stride(from: 0, to: bytes.count, by: 2).map { index -> UInt16 in
      let first = UInt16(bytes[index])
      let second = UInt16(bytes[index + 1])
      return isBig ? first << 8 | second : second << 8 | first
    }
    guard let text = String(validating: units, as: UTF16.self) else { return nil }
    return (Array(text.utf8), .utf16(isBigEndian: isBig))
  }

  /// ASCII, which nearly every file is, is not copied to find that out.
  private static func isUTF8(_ bytes: [UInt8]) -> Bool {
    let isASCII = bytes.withUnsafeBytes { buffer in
      var at = 0
      while at + 16 <= buffer.count {
        let words = buffer.loadUnaligned(fromByteOffset: at, as: SIMD2<UInt64>.self)
        if (words.x | words.y) & 0x8080_8080_8080_8080 != 0 { return false }
        at += 16
      }
      return buffer[at...].allSatisfy { $0 < 0x80 }
    }
    return isASCII || String(validating: bytes, as: UTF8.self) != nil
  }

  func encode(_ text: [UInt8]) -> [UInt8] {
    guard case .utf16(let isBig) = self else { return text }
    return String(decoding: text, as: UTF8.self).utf16.flatMap { unit -> [UInt8] in
      isBig ? [UInt8(unit >> 8), UInt8(unit & 0xFF)] : [UInt8(unit & 0xFF), UInt8(unit >> 8)]
    }
  }
}
