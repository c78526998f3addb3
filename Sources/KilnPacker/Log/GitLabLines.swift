/// Puts together again the lines that gitlab-runner writes in pieces.
///
/// The runner begins a line with `TIME 01O `: its time, the stream's number, and O or E. A plus in place of the last blank
/// says that the text goes on with the last line of that stream: it does so behind a carriage return that ends what a
/// program wrote, and where a line is longer than the runner's buffer. Who controls a line controls what goes on with it, so
/// each line waits for the next one of its stream.
///
/// Source: gitlab-runner, helpers/timestamper.
struct GitLabLines: Sendable {
  /// How a line begins.
  struct Header {
    /// Its number and letter.
    let stream: UInt32
    let goesOn: Bool
    /// Where the text begins.
    let end: Int
  }

  struct Line: Sendable {
    /// With its header.
    var text: [UInt8]
    /// Nothing more of it is expected.
    var isWhole: Bool
    /// More of it may have come.
    var isCut = false
    /// Longer than any line that is read.
    var isTooLong = false
  }

  /// What the runner keeps of a line before it writes a piece.
  private static let bufferSize = 8 << 10
  /// A stream may be silent for ever: so many lines wait, and so many bytes of them.
  private static let lineLimit = 1000
  private static let sizeLimit = 1 << 21

  /// Whether the runner wrote this log; then every line is looked at.
  private(set) var isFound = false
  /// In the order of the log, from `first` on.
  private var waiting: [Line] = []
  private var first = 0
  /// How many lines were taken away before `waiting`.
  private var taken = 0
  private var size = 0
  /// The last line of each stream, counted from the log's first.
  private var last: [UInt32: Int] = [:]
  /// Whether lines end in CR LF, as the first says: then a line's last carriage return is not the program's.
  private var hasReturns = false

  var isEmpty: Bool { first == waiting.count }

  /// Takes the next line of the log.
  ///
  /// - Parameters:
  ///   - line: Nil for one that is too long to be kept.
  ///   - head: How it begins.
  ///   - limit: The longest that is read, in bytes.
  ///   - isCut: The log ends in it.
  mutating func add(_ line: [UInt8]?, head: UnsafeRawBufferPointer, limit: Int, isCut: Bool = false) {
    guard let header = Self.header(of: head) else {
      if let line { append(Line(text: line, isWhole: true, isCut: isCut)) }
      return
    }
    // A plus may have followed.
    if isCut, header.end == line?.count, !header.goesOn { return }
    if !isFound { hasReturns = line?.last == 0x0D }
    isFound = true
    let line = hasReturns && line?.last == 0x0D ? line?.dropLast() : line?[...]
    let index = last[header.stream].map { $0 - taken }.flatMap { $0 >= first ? $0 : nil }
    guard header.goesOn else {
      if let index { waiting[index].isWhole = true }
      last[header.stream] = nil
      guard let line else { return }
      last[header.stream] = taken + waiting.count
      return append(Line(text: Array(line), isWhole: false, isCut: isCut))
    }
    // What it goes on with is not known, or was too long: then nobody may claim the rest.
    guard let index, !waiting[index].isTooLong else { return }
    guard let line, waiting[index].text.count + line.count <= limit else {
      waiting[index].isTooLong = true
      size -= waiting[index].text.count
      waiting[index].text = []
      return
    }
    waiting[index].text += line.dropFirst(header.end)
    waiting[index].isCut = isCut
    size += max(0, line.count - header.end)
  }

  private mutating func append(_ line: Line) {
    waiting.append(line)
    size += line.text.count
  }

  /// The next line that is whole, in the order of the log; nil when it has yet to be read.
  ///
  /// - Parameter atEnd: The log has no more lines.
  mutating func next(atEnd: Bool = false) -> Line? {
    while !isEmpty {
      let isFull = waiting.count - first > Self.lineLimit || size > Self.sizeLimit
      guard waiting[first].isWhole || isFull || atEnd else { return nil }
      var line = waiting[first]
      if !line.isWhole, line.text.count >= Self.bufferSize { line.isCut = true }
      drop()
      if !line.isTooLong { return line }
    }
    return nil
  }

  private mutating func drop() {
    size -= waiting[first].text.count
    waiting[first].text = []
    first += 1
    guard first == waiting.count || first > 2 * Self.lineLimit else { return }
    waiting.removeFirst(first)
    taken += first
    first = 0
  }

  /// `2024-05-01T10:00:00.123456Z 01O ` or `… 01O+`; a line without text may lack the blank.
  static func header(of line: UnsafeRawBufferPointer) -> Header? {
    let pattern: StaticString = "0000-00-00T00:00:00."
    var at = pattern.utf8CodeUnitCount
    guard line.count > at + 5 else { return nil }
    let fits = pattern.withUTF8Buffer { pattern in
      pattern.indices.allSatisfy { pattern[$0] == 0x30 ? isDigit(line[$0]) : line[$0] == pattern[$0] }
    }
    guard fits else { return nil }
    while at < line.count, isDigit(line[at]) { at += 1 }
    guard at + 5 <= line.count, line[at] == UInt8(ascii: "Z"), line[at + 1] == 0x20, isHex(line[at + 2]),
      isHex(line[at + 3]), line[at + 4] == UInt8(ascii: "O") || line[at + 4] == UInt8(ascii: "E")
    else { return nil }
    let stream = line[(at + 2)..<(at + 5)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    at += 5
    guard at < line.count, line[at] != 0x0D else { return Header(stream: stream, goesOn: false, end: at) }
    guard line[at] == 0x20 || line[at] == UInt8(ascii: "+") else { return nil }
    return Header(stream: stream, goesOn: line[at] == UInt8(ascii: "+"), end: at + 1)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  private static func isHex(_ byte: UInt8) -> Bool { isDigit(byte) || (0x61...0x66).contains(byte) }
}
