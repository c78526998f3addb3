/// Parses JSON with comments and trailing commas into places; numbers are kept as text.
struct JSONCParser {
  struct Failure: Error, Equatable {
    let message: String
    let offset: Int
  }

  /// A container that is not closed yet.
  private struct Open {
    let index: Int
    let isObject: Bool
  }

  private static let depthLimit = 500

  private let bytes: UnsafeBufferPointer<UInt8>
  private var at = 0
  private var entries: [JSONCDocument.Entry] = []
  private var open: [Open] = []
  /// Of the member that is being read.
  private var keyStart: Int?
  private var keyHasEscapes = false

  private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// - Parameter text: UTF-8, a byte order mark allowed.
  static func parse(_ text: [UInt8]) throws(Failure) -> JSONCNode {
    guard text.count < Int(UInt32.max) else { throw Failure(message: "the document has 4 GiB and more", offset: 0) }
    let entries = text.withUnsafeBufferPointer { bytes -> Result<[JSONCDocument.Entry], Failure> in
      var parser = JSONCParser(bytes)
      do throws(Failure) {
        try parser.document()
        return .success(parser.entries)
      } catch { return .failure(error) }
    }
    return JSONCDocument(text: text, entries: try entries.get()).root
  }

  private mutating func document() throws(Failure) {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
    try skipTrivia()
    try value()
    while let container = open.last {
      try skipTrivia()
      if current == (container.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
        at += 1
        close(container)
        try separator()
        continue
      }
      keyStart = nil
      keyHasEscapes = false
      if container.isObject { try key() }
      try value()
      if open.last?.index == container.index { try separator() }
    }
    try skipTrivia()
    guard at == bytes.count else { throw failure("there is more after the document") }
  }

  /// What follows a value inside a container: a comma, which may be the last thing in it, or the container's end.
  private mutating func separator() throws(Failure) {
    guard let container = open.last else { return }
    try skipTrivia()
    if current == UInt8(ascii: ",") {
      at += 1
    } else if current != (container.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
      throw failure("a comma or \(container.isObject ? "}" : "]") is expected")
    }
  }

  private mutating func close(_ container: Open) {
    entries[container.index].end = UInt32(at)
    entries[container.index].next = UInt32(entries.count)
    open.removeLast()
  }

  private mutating func key() throws(Failure) {
    guard current == UInt8(ascii: "\"") else { throw failure("a key in double quotes, or }, is expected") }
    keyStart = at
    keyHasEscapes = try string()
    try skipTrivia()
    guard current == UInt8(ascii: ":") else { throw failure("a colon is expected") }
    at += 1
    try skipTrivia()
  }

  /// A scalar, or the beginning of a container.
  private mutating func value() throws(Failure) {
    guard open.count < Self.depthLimit else { throw failure("more than \(Self.depthLimit) levels") }
    let start = at
    switch current {
    case UInt8(ascii: "{"): begin(.object)
    case UInt8(ascii: "["): begin(.array)
    case UInt8(ascii: "\""):
      let hasEscapes = try string()
      add(.string, start, hasEscapes: hasEscapes)
    case UInt8(ascii: "t"):
      try word("true")
      add(.true, start)
    case UInt8(ascii: "f"):
      try word("false")
      add(.false, start)
    case UInt8(ascii: "n"):
      try word("null")
      add(.null, start)
    case nil: throw failure("the document ends early")
    case let byte? where byte == UInt8(ascii: "-") || Self.isDigit(byte):
      try number()
      add(.number, start)
    default: throw failure("a value is expected")
    }
  }

  private mutating func begin(_ kind: JSONCDocument.Kind) {
    open.append(Open(index: entries.count, isObject: kind == .object))
    add(kind, at)
    at += 1
  }

  private mutating func add(_ kind: JSONCDocument.Kind, _ start: Int, hasEscapes: Bool = false) {
    entries.append(
      .init(
        kind: kind, hasEscapes: hasEscapes, keyHasEscapes: keyHasEscapes, keyStart: UInt32(keyStart ?? start),
        start: UInt32(start), end: UInt32(at), next: UInt32(entries.count + 1)))
  }

  private func failure(_ message: String) -> Failure { Failure(message: message, offset: min(at, bytes.count)) }

  private var current: UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func skipTrivia() throws(Failure) {
    while at < bytes.count {
      switch bytes[at] {
      case 0x20, 0x09, 0x0A, 0x0D: at += 1
      case UInt8(ascii: "/"): try skipComment()
      default: return
      }
    }
  }

  private mutating func skipComment() throws(Failure) {
    let start = at
    guard at + 1 < bytes.count else { throw failure("a value is expected") }
    if bytes[at + 1] == UInt8(ascii: "/") {
      while let next = current, next != 0x0A, next != 0x0D { at += 1 }
    } else if bytes[at + 1] == UInt8(ascii: "*") {
      at += 2
      while at + 1 < bytes.count, !(bytes[at] == UInt8(ascii: "*") && bytes[at + 1] == UInt8(ascii: "/")) { at += 1 }
      guard at + 1 < bytes.count else { throw Failure(message: "the comment does not end", offset: start) }
      at += 2
    } else {
      throw failure("a value is expected")
    }
  }

  private mutating func word(_ word: StaticString) throws(Failure) {
    let count = word.utf8CodeUnitCount
    let fits = word.withUTF8Buffer { buffer in at + count <= bytes.count && bytes[at..<at + count].elementsEqual(buffer)
    }
    guard fits else { throw failure("a value is expected") }
    at += count
  }

  private static func isDigit(_ byte: UInt8?) -> Bool { byte.map { (0x30...0x39).contains($0) } ?? false }

  private mutating func number() throws(Failure) {
    if current == UInt8(ascii: "-") { at += 1 }
    guard Self.isDigit(current) else { throw failure("a digit is expected") }
    if current == 0x30 { at += 1 } else { while Self.isDigit(current) { at += 1 } }
    if current == UInt8(ascii: ".") {
      at += 1
      guard Self.isDigit(current) else { throw failure("a digit is expected") }
      while Self.isDigit(current) { at += 1 }
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      at += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { at += 1 }
      guard Self.isDigit(current) else { throw failure("a digit is expected") }
      while Self.isDigit(current) { at += 1 }
    }
    if Self.isDigit(current) { throw failure("a number has no leading zero") }
  }

  /// - Returns: Whether there is a backslash in it.
  private mutating func string() throws(Failure) -> Bool {
    let start = at
    var hasEscapes = false
    at += 1
    while true {
      skipPlain()
      guard let byte = current else { throw Failure(message: "the string does not end", offset: start) }
      switch byte {
      case UInt8(ascii: "\""):
        at += 1
        return hasEscapes
      case UInt8(ascii: "\\"):
        hasEscapes = true
        try escape(in: start)
      case 0..<0x20: throw failure("a control character in a string must be escaped")
      default: at += 1
      }
    }
  }

  /// Passes over 16 bytes at a time that are neither a quote, a backslash nor a control character.
  private mutating func skipPlain() {
    guard let base = bytes.baseAddress else { return }
    let quote = SIMD16<UInt8>(repeating: UInt8(ascii: "\""))
    let backslash = SIMD16<UInt8>(repeating: UInt8(ascii: "\\"))
    let blank = SIMD16<UInt8>(repeating: 0x20)
    while at + 16 <= bytes.count {
      let piece = UnsafeRawPointer(base + at).loadUnaligned(as: SIMD16<UInt8>.self)
      let special = ((piece .== quote) .| (piece .== backslash)) .| (piece .< blank)
      let halves = unsafeBitCast(special, to: SIMD2<UInt64>.self)
      if halves.x != 0 {
        at += halves.x.trailingZeroBitCount / 8
        return
      }
      if halves.y != 0 {
        at += 8 + halves.y.trailingZeroBitCount / 8
        return
      }
      at += 16
    }
  }

  private mutating func escape(in start: Int) throws(Failure) {
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
  }

  static func hex(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x30...0x39: UInt32(byte - 0x30)
    case 0x41...0x46: UInt32(byte - 0x41 + 10)
    case 0x61...0x66: UInt32(byte - 0x61 + 10)
    default: nil
    }
  }
}
