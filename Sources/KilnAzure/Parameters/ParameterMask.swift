/// What neither an excerpt of a parameters file nor its difference shows: the texts of all values but those in question, and
/// the values of secure parameters in any case. A minified file is one line, so that an excerpt would show all of it.
struct ParameterMask: Sendable {
  private let text: [UInt8]
  /// In order, none within another.
  private let hidden: [Range<Int>]
  /// Parameters whose values are shown nowhere.
  let secure: [Range<Int>]

  /// - Parameter secure: Where secure parameters stand.
  init(_ root: JSONCNode, secure: [Range<Int>]) {
    text = root.document.text
    self.secure = secure
    var hidden = Self.strings(in: text, upTo: text.count)
    for entry in root.document.entries where [.number, .true, .false].contains(entry.kind) {
      let range = Int(entry.start)..<Int(entry.end)
      if secure.contains(range.lowerBound) { hidden.append(range) }
    }
    self.hidden = hidden.sorted { $0.lowerBound < $1.lowerBound }
  }

  /// Of a document that is none behind `end`: there nothing but its punctuation is shown.
  init(_ text: [UInt8], brokenAt end: Int) {
    self.text = text
    secure = []
    var hidden = Self.strings(in: text, upTo: end)
    var at = end
    while at < text.count {
      let start = at
      while at < text.count, !Self.punctuation.contains(text[at]) { at += 1 }
      if at > start { hidden.append(start..<at) }
      at += 1
    }
    self.hidden = hidden
  }

  private static let punctuation = Set("{}[],:\" \t\r\n".utf8)

  /// What stays hidden of the text where the values that begin or go on at `places` are in question.
  private func hidden(besides places: [Int]) -> [Range<Int>] {
    let places = places.sorted()
    var next = 0
    return hidden.filter { range in
      // A value's place may be its quote.
      while next < places.count, places[next] < range.lowerBound - 1 { next += 1 }
      guard next < places.count, places[next] < range.upperBound else { return true }
      return secure.contains(range.lowerBound)
    }
  }

  /// For people, with a dot for each character that is hidden, so that every column stays.
  /// - Parameter places: Where the problems are.
  func excerpt(showing places: [Int]) -> String {
    var out: [UInt8] = []
    var at = 0
    for range in hidden(besides: places) {
      out += text[at..<range.lowerBound]
      for byte in text[range] where byte & 0xC0 != 0x80 { out += Self.blanks.contains(byte) ? [byte] : Self.dot }
      at = range.upperBound
    }
    return String(decoding: out + text[at...], as: UTF8.self)
  }

  private static let blanks = Set(" \t\r\n".utf8)
  private static let dot = Array("•".utf8)

  /// Pieces that asterisks replace where `edits` are shown: nothing that an edit itself replaces.
  func pieces(besides edits: [ParameterEditing.Edit]) -> [TextEdits.Piece] {
    let places = edits.filter(\.isToken).map(\.range.lowerBound)
    let edits = edits.map(\.range).filter { !$0.isEmpty }.sorted { $0.lowerBound < $1.lowerBound }
    var next = 0
    var pieces: [TextEdits.Piece] = []
    for range in hidden(besides: places) {
      var start = range.lowerBound
      while next < edits.count, edits[next].upperBound <= start { next += 1 }
      var edit = next
      while start < range.upperBound {
        let inner = edit < edits.count && edits[edit].lowerBound < range.upperBound ? edits[edit] : nil
        let end = inner?.lowerBound ?? range.upperBound
        if start < end { pieces.append((start..<end, Array("***".utf8))) }
        start = inner?.upperBound ?? range.upperBound
        edit += 1
      }
    }
    return pieces
  }

  /// The texts of strings that are no keys, in comments as well.
  private static func strings(in text: [UInt8], upTo end: Int) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var at = 0
    var key = text[0..<0]
    while at < end {
      if text[at] == UInt8(ascii: "\"") {
        let string = string(text, at, end)
        if isKey(text, string.upperBound, end) {
          key = text[string].dropLast().dropFirst()
        } else if !["$schema", "contentVersion"].contains(where: { key.elementsEqual($0.utf8) }) {
          found.append(inner(string, text))
        }
        at = string.upperBound
      } else if text[at] == UInt8(ascii: "/"), at + 1 < end {
        let close = endOfComment(text, at, end)
        while at < close {
          guard text[at] == UInt8(ascii: "\"") else {
            at += 1
            continue
          }
          let string = string(text, at, close)
          if !isKey(text, string.upperBound, close) { found.append(inner(string, text)) }
          at = string.upperBound
        }
      } else {
        at += 1
      }
    }
    return found.filter { !$0.isEmpty }
  }

  /// The string that begins at `start`, with its quotes; one that does not end goes on to `end`.
  private static func string(_ text: [UInt8], _ start: Int, _ end: Int) -> Range<Int> {
    var at = start + 1
    while at < end, text[at] != UInt8(ascii: "\"") { at += text[at] == UInt8(ascii: "\\") ? 2 : 1 }
    return start..<min(at + 1, end)
  }

  private static func inner(_ string: Range<Int>, _ text: [UInt8]) -> Range<Int> {
    let isClosed = string.count > 1 && text[string.upperBound - 1] == UInt8(ascii: "\"")
    return string.lowerBound + 1..<string.upperBound - (isClosed ? 1 : 0)
  }

  private static func isKey(_ text: [UInt8], _ start: Int, _ end: Int) -> Bool {
    text[start..<end].first { !blanks.contains($0) } == UInt8(ascii: ":")
  }

  private static func endOfComment(_ text: [UInt8], _ start: Int, _ end: Int) -> Int {
    var at = start + 2
    if text[start + 1] == UInt8(ascii: "/") {
      while at < end, text[at] != 0x0A, text[at] != 0x0D { at += 1 }
      return min(at, end)
    }
    while at + 1 < end, !(text[at] == UInt8(ascii: "*") && text[at + 1] == UInt8(ascii: "/")) { at += 1 }
    return min(at + 2, end)
  }
}

extension [Range<Int>] {
  /// Whether one of the ranges, which are in order, has `place` in it.
  func contains(_ place: Int) -> Bool {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle].upperBound <= place { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low].contains(place)
  }
}
