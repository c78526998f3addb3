/// Text as it grows, in UTF-8: pieces are written into it, and none is made on the way.
struct TextBuffer {
  private(set) var bytes: [UInt8] = []

  /// - Parameter capacity: Bytes to make room for at once.
  init(capacity: Int = 8192) { bytes.reserveCapacity(capacity) }

  var text: String { String(decoding: bytes, as: UTF8.self) }

  mutating func write(_ text: StaticString) { text.withUTF8Buffer { bytes.append(contentsOf: $0) } }

  mutating func write(_ text: String) { text.withBytes { bytes.append(contentsOf: $0) } }

  mutating func write(_ number: Int) { write(String(number)) }

  mutating func write(_ piece: UnsafeBufferPointer<UInt8>.SubSequence) { bytes.append(contentsOf: piece) }

  mutating func insert(_ text: String, at index: Int) { bytes.insert(contentsOf: text.utf8, at: index) }

  mutating func blanks(_ count: Int) { for _ in 0..<count { bytes.append(UInt8(ascii: " ")) } }

  /// `text` as a JSON string, which is a YAML double-quoted scalar as well.
  mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    let isPlain = text.withBytes { buffer in
      guard buffer.allSatisfy({ JSONRenderer.plainBytes[Int($0)] }) else { return false }
      bytes.append(contentsOf: buffer)
      return true
    }
    if !isPlain { write(JSONRenderer.escaped(text)) }
    bytes.append(UInt8(ascii: "\""))
  }
}

extension String {
  /// Its UTF-8, where it lies.
  func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
    return Array(utf8).withUnsafeBufferPointer(body)
  }
}
