/// Parses JSON with comments and trailing commas into ranges; numbers are kept as text.
struct JSONCParser {
  struct Failure: Error, Equatable {
    let message: String
    let offset: Int
  }

  private static let depthLimit = 500

  private let bytes: [UInt8]
  private var at = 0

  /// - Parameter bytes: UTF-8, a byte order mark allowed.
  init(_ bytes: [UInt8]) { self.bytes = bytes }

  static func parse(_ bytes: [UInt8]) throws(Failure) -> JSONCNode {
    var parser = JSONCParser(bytes)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { parser.at = 3 }
    try parser.skipTrivia()
    let root = try parser.value(0)
    try parser.skipTrivia()
    guard parser.at == bytes.count else { throw parser.failure("something stands after the document") }
    return root
  }

  private func failure(_ message: String) -> Failure { Failure(message: message, offset: min(at, bytes.count)) }

  private var current: UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func skipTrivia() throws(Failure) {
    while let byte = current {
      switch byte {
      case 0x20, 0x09, 0x0A, 0x0D: at += 1
      case UInt8(ascii: "/"):
        guard at + 1 < bytes.count else { throw failure("a value is expected") }
        if bytes[at + 1] == UInt8(ascii: "/") {
          while let next = current, next != 0x0A, next != 0x0D { at += 1 }
        } else if bytes[at + 1] == UInt8(ascii: "*") {
          let start = at
          at += 2
          while at + 1 < bytes.count, !(bytes[at] == UInt8(ascii: "*") && bytes[at + 1] == UInt8(ascii: "/")) {
            at += 1
          }
          guard at + 1 < bytes.count else { throw Failure(message: "the comment does not end", offset: start) }
          at += 2
        } else {
          throw failure("a value is expected")
        }
      default: return
      }
    }
  }

  private mutating func value(_ depth: Int) throws(Failure) -> JSONCNode {
    guard depth < Self.depthLimit else { throw failure("more than \(Self.depthLimit) levels") }
    let start = at
    switch current {
    case UInt8(ascii: "{"): return try object(depth)
    case UInt8(ascii: "["): return try array(depth)
    case UInt8(ascii: "\""):
      try string()
      return .string(start..<at)
    case UInt8(ascii: "t"):
      try word("true")
      return .bool(true, start..<at)
    case UInt8(ascii: "f"):
      try word("false")
      return .bool(false, start..<at)
    case UInt8(ascii: "n"):
      try word("null")
      return .null(start..<at)
    case nil: throw failure("the document ends early")
    case let byte? where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte):
      try number()
      return .number(start..<at)
    default: throw failure("a value is expected")
    }
  }

  private mutating func word(_ word: StaticString) throws(Failure) {
    let count = word.utf8CodeUnitCount
    let fits = word.withUTF8Buffer { buffer in at + count <= bytes.count && bytes[at..<at + count].elementsEqual(buffer)
    }
    guard fits else { throw failure("a value is expected") }
    at += count
  }

  private mutating func number() throws(Failure) {
    if current == UInt8(ascii: "-") { at += 1 }
    func isDigit(_ byte: UInt8?) -> Bool { byte.map { (0x30...0x39).contains($0) } ?? false }
    guard isDigit(current) else { throw failure("a digit is expected") }
    if current == 0x30 { at += 1 } else { while isDigit(current) { at += 1 } }
    if current == UInt8(ascii: ".") {
      at += 1
      guard isDigit(current) else { throw failure("a digit is expected") }
      while isDigit(current) { at += 1 }
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      at += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { at += 1 }
      guard isDigit(current) else { throw failure("a digit is expected") }
      while isDigit(current) { at += 1 }
    }
    if isDigit(current) { throw failure("a number has no leading zero") }
  }

  private mutating func string() throws(Failure) {
    let start = at
    at += 1
    while let byte = current {
      switch byte {
      case UInt8(ascii: "\""):
        at += 1
        return
      case UInt8(ascii: "\\"):
        guard at + 1 < bytes.count else { throw Failure(message: "the string does not end", offset: start) }
        if bytes[at + 1] == UInt8(ascii: "u") {
          guard at + 6 <= bytes.count, bytes[at + 2..<at + 6].allSatisfy({ Self.hex($0) != nil }) else {
            throw failure("\\u takes four hexadecimal digits")
          }
          at += 6
        } else {
          guard #""\/bfnrt"#.utf8.contains(bytes[at + 1]) else { throw failure("there is no such escape") }
          at += 2
        }
      case 0..<0x20: throw failure("a control character in a string must be escaped")
      default: at += 1
      }
    }
    throw Failure(message: "the string does not end", offset: start)
  }

  static func hex(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x30...0x39: UInt32(byte - 0x30)
    case 0x41...0x46: UInt32(byte - 0x41 + 10)
    case 0x61...0x66: UInt32(byte - 0x61 + 10)
    default: nil
    }
  }

  private mutating func object(_ depth: Int) throws(Failure) -> JSONCNode {
    let start = at
    at += 1
    var members: [JSONCNode.Member] = []
    while true {
      try skipTrivia()
      if current == UInt8(ascii: "}") {
        at += 1
        return .object(members: members, range: start..<at)
      }
      guard current == UInt8(ascii: "\"") else { throw failure("a key in double quotes, or }, is expected") }
      let keyStart = at
      try string()
      let keyRange = keyStart..<at
      try skipTrivia()
      guard current == UInt8(ascii: ":") else { throw failure("a colon is expected") }
      at += 1
      try skipTrivia()
      let value = try value(depth + 1)
      members.append(.init(key: JSONCString(bytes, keyRange).text, keyRange: keyRange, value: value))
      try skipTrivia()
      if current == UInt8(ascii: ",") {
        at += 1
      } else if current != UInt8(ascii: "}") {
        throw failure("a comma or } is expected")
      }
    }
  }

  private mutating func array(_ depth: Int) throws(Failure) -> JSONCNode {
    let start = at
    at += 1
    var items: [JSONCNode] = []
    while true {
      try skipTrivia()
      if current == UInt8(ascii: "]") {
        at += 1
        return .array(items: items, range: start..<at)
      }
      items.append(try value(depth + 1))
      try skipTrivia()
      if current == UInt8(ascii: ",") {
        at += 1
      } else if current != UInt8(ascii: "]") {
        throw failure("a comma or ] is expected")
      }
    }
  }
}
