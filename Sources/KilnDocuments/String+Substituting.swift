extension String {
  /// The text with every `old` replaced by `new`, scalar by scalar.
  ///
  /// `replacing(_:with:)` compares characters, so that a quote with a combining mark after it, or the line feed of a
  /// CRLF, would not be found; whoever escapes text must find both.
  public func substituting(_ old: String, with new: String) -> String {
    // In UTF-8 no scalar's bytes stand within another's: bytes are found where scalars would be.
    let needle = Array(old.utf8)
    guard let first = needle.first, utf8.contains(first) else { return self }
    var text = self
    let bytes = text.withUTF8 { bytes -> [UInt8]? in
      var out: [UInt8] = []
      var start = 0
      var index = 0
      while index + needle.count <= bytes.count {
        if bytes[index] == first, bytes[index..<index + needle.count].elementsEqual(needle) {
          out += bytes[start..<index]
          out += new.utf8
          index += needle.count
          start = index
        } else {
          index += 1
        }
      }
      return start == 0 ? nil : out + bytes[start...]
    }
    return bytes.map { String(decoding: $0, as: UTF8.self) } ?? self
  }

  /// Whether a line feed or carriage return is in it, that of a CRLF too.
  public var hasLineBreak: Bool { utf8.contains(0x0A) || utf8.contains(0x0D) }
}
