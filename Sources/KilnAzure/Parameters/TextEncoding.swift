/// How a file's text is encoded, so that it is written back the same way.
enum TextEncoding: Sendable, Equatable {
  case utf8
  case utf16(isBigEndian: Bool)

  /// The text as UTF-8 and its encoding; nil for bytes that are neither.
  static func decode(_ bytes: [UInt8]) -> (text: [UInt8], encoding: TextEncoding)? {
    let isBig = bytes.starts(with: [0xFE, 0xFF])
    guard isBig || bytes.starts(with: [0xFF, 0xFE]) else {
      return String(validating: bytes, as: UTF8.self) == nil ? nil : (bytes, .utf8)
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

  func encode(_ text: [UInt8]) -> [UInt8] {
    guard case .utf16(let isBig) = self else { return text }
    return String(decoding: text, as: UTF8.self).utf16.flatMap { unit -> [UInt8] in
      isBig ? [UInt8(unit >> 8), UInt8(unit & 0xFF)] : [UInt8(unit & 0xFF), UInt8(unit >> 8)]
    }
  }
}
