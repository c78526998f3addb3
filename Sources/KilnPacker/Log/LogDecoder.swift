/// Makes UTF-8 of a log that begins with a byte order mark of UTF-16, as PowerShell's `Tee-Object` writes; any other log
/// is passed on as it is.
struct LogDecoder: Sendable {
  private enum Encoding { case unknown, bytes, utf16(isBigEndian: Bool) }

  private var encoding = Encoding.unknown
  /// Bytes of the mark or of a code unit, and the first half of a surrogate pair.
  private var waiting: [UInt8] = []
  private var high: UInt16?

  /// - Returns: The next bytes as UTF-8; nil when they are what they are.
  mutating func decode(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
    switch encoding {
    case .bytes: return nil
    case .utf16(let isBig): return text(waiting + bytes, isBigEndian: isBig)
    case .unknown:
      waiting += bytes
      guard waiting.count >= 2 else { return [] }
      let begun = waiting
      waiting = []
      let isBig = begun.starts(with: [0xFE, 0xFF])
      guard isBig || begun.starts(with: [0xFF, 0xFE]) else {
        encoding = .bytes
        return begun
      }
      encoding = .utf16(isBigEndian: isBig)
      return text(Array(begun.dropFirst(2)), isBigEndian: isBig)
    }
  }

  /// What no mark could be made of.
  mutating func finish() -> [UInt8] {
    guard case .unknown = encoding else { return [] }
    defer { waiting = [] }
    return waiting
  }

  private mutating func text(_ bytes: [UInt8], isBigEndian: Bool) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count)
    for at in stride(from: 0, to: bytes.count - 1, by: 2) {
      let (first, second) = (UInt16(bytes[at]), UInt16(bytes[at + 1]))
      append(isBigEndian ? first << 8 | second : second << 8 | first, &text)
    }
    waiting = bytes.count.isMultiple(of: 2) ? [] : [bytes[bytes.count - 1]]
    return text
  }

  private mutating func append(_ unit: UInt16, _ text: inout [UInt8]) {
    if unit < 0x80, high == nil { return text.append(UInt8(unit)) }
    if UTF16.isLeadSurrogate(unit) {
      high = unit
    } else if let first = high {
      high = nil
      text += String(decoding: [first, unit], as: UTF16.self).utf8
    } else {
      text += String(decoding: CollectionOfOne(unit), as: UTF16.self).utf8
    }
  }
}
