/// Reads JSON (RFC 8259) that a program has printed; maps keep their order.
public struct JSONReader {
  public struct Failure: Error, Equatable {
    public let message: String
    /// In bytes.
    public let offset: Int
  }

  private static let depthLimit = 200

  private let bytes: UnsafeBufferPointer<UInt8>
  private var at = 0

  private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// - Parameter text: One value; blanks around it are left out.
  public static func read(_ text: String) throws(Failure) -> DocumentValue {
    let result = text.withBytes { bytes -> Result<DocumentValue, Failure> in
      var reader = JSONReader(bytes)
      do throws(Failure) {
        let value = try reader.value(0)
        reader.skipBlanks()
        if reader.at < bytes.count { throw reader.failure("there is more after the document") }
        return .success(value)
      } catch { return .failure(error) }
    }
    return try result.get()
  }

  private mutating func value(_ depth: Int) throws(Failure) -> DocumentValue {
    guard depth < Self.depthLimit else { throw failure("more than \(Self.depthLimit) levels") }
    skipBlanks()
    switch current {
    case UInt8(ascii: "{"): return .map(try map(depth))
    case UInt8(ascii: "["): return .list(try list(depth))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case nil: throw failure("the document ends early")
    default: return try number()
    }
  }

  private mutating func map(_ depth: Int) throws(Failure) -> DocumentMap {
    var pairs: [(String, DocumentValue)] = []
    at += 1
    skipBlanks()
    if take(UInt8(ascii: "}")) { return DocumentMap(pairs) }
    repeat {
      skipBlanks()
      guard current == UInt8(ascii: "\"") else { throw failure("a key is expected") }
      let key = try string()
      skipBlanks()
      guard take(UInt8(ascii: ":")) else { throw failure("a colon is expected") }
      pairs.append((key, try value(depth + 1)))
      skipBlanks()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw failure("a comma or } is expected") }
    return DocumentMap(pairs)
  }

  private mutating func list(_ depth: Int) throws(Failure) -> [DocumentValue] {
    var items: [DocumentValue] = []
    at += 1
    skipBlanks()
    if take(UInt8(ascii: "]")) { return items }
    repeat {
      items.append(try value(depth + 1))
      skipBlanks()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw failure("a comma or ] is expected") }
    return items
  }

  private mutating func number() throws(Failure) -> DocumentValue {
    let start = at
    while let byte = current, (0x30...0x39).contains(byte) || "+-.eE".utf8.contains(byte) { at += 1 }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    if let integer = Int(text) { return .integer(integer) }
    guard !text.isEmpty, let number = Double(text), number.isFinite else { throw failure("a value is expected") }
    return .decimal(number)
  }

  private mutating func word(_ word: String, _ value: DocumentValue) throws(Failure) -> DocumentValue {
    guard bytes[at...].starts(with: word.utf8) else { throw failure("a value is expected") }
    at += word.utf8.count
    return value
  }

  private mutating func string() throws(Failure) -> String {
    at += 1
    let start = at
    while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { at += 1 }
    if current == UInt8(ascii: "\"") {
      at += 1
      return String(decoding: bytes[start..<at - 1], as: UTF8.self)
    }
    var text = Array(bytes[start..<at])
    while let byte = current {
      at += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): text += Array(String(try escape()).utf8)
      case 0..<0x20: throw failure("a control character in a string must be escaped")
      default: text.append(byte)
      }
    }
    throw failure("a string does not end")
  }

  /// What follows a backslash; half of a surrogate pair is U+FFFD.
  private mutating func escape() throws(Failure) -> Unicode.Scalar {
    let byte = current
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte ?? 0)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default: throw failure("an escape is expected")
    }
    let first = try digits()
    guard (0xD800..<0xDC00).contains(first), at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"),
      bytes[at + 1] == UInt8(ascii: "u")
    else { return Unicode.Scalar(first) ?? "\u{FFFD}" }
    let beforeSecond = at
    at += 2
    let second = try digits()
    guard (0xDC00..<0xE000).contains(second) else {
      at = beforeSecond
      return "\u{FFFD}"
    }
    return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
  }

  private mutating func digits() throws(Failure) -> UInt32 {
    guard at + 4 <= bytes.count, let number = UInt32(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16)
    else { throw failure("four hexadecimal digits are expected") }
    at += 4
    return number
  }

  private var current: UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard current == byte else { return false }
    at += 1
    return true
  }

  private mutating func skipBlanks() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
  }

  private func failure(_ message: String) -> Failure { Failure(message: message, offset: min(at, bytes.count)) }
}
