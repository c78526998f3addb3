/// How a JSON file is laid out, so that what is added looks like the rest.
struct JSONCLayout {
  private let text: [UInt8]
  let newline: [UInt8]

  init(_ text: [UInt8]) {
    self.text = text
    let first = text.firstIndex(of: 0x0A)
    newline = first.map { $0 > 0 && text[$0 - 1] == 0x0D ? [0x0D, 0x0A] : [0x0A] } ?? [0x0A]
  }

  /// The blanks at the beginning of the line that `offset` is in.
  func indent(of offset: Int) -> [UInt8] {
    let start = text[..<offset].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    return Array(text[start..<offset].prefix { $0 == 0x20 || $0 == 0x09 })
  }

  /// One level: the first indentation of the file, else two spaces.
  var unit: [UInt8] {
    for line in text.split(separator: 0x0A) {
      let blanks = Array(line.prefix { $0 == 0x20 || $0 == 0x09 })
      if !blanks.isEmpty, blanks.count < line.count { return blanks }
    }
    return [0x20, 0x20]
  }

  /// The end of what stands before `close`, comments included.
  func endOfContent(before close: Int) -> Int {
    var end = close
    while end > 0, [0x20, 0x09, 0x0A, 0x0D].contains(text[end - 1]) { end -= 1 }
    return end
  }

  /// Whether a comma stands there outside comments.
  func hasComma(between start: Int, and end: Int) -> Bool {
    var at = start
    while at < end {
      if text[at] == UInt8(ascii: ",") { return true }
      if text[at] == UInt8(ascii: "/"), at + 1 < end {
        if text[at + 1] == UInt8(ascii: "/") {
          while at < end, text[at] != 0x0A, text[at] != 0x0D { at += 1 }
        } else {
          at += 2
          while at + 1 < end, !(text[at] == UInt8(ascii: "*") && text[at + 1] == UInt8(ascii: "/")) { at += 1 }
          at += 1
        }
      }
      at += 1
    }
    return false
  }
}
