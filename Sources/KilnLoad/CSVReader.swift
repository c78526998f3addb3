/// Reads CSV piece by piece: quotes, and within them commas, line breaks and doubled quotes.
///
/// Source: RFC 4180; JMeter's `CSVSaveService`.
struct CSVReader {
  private enum State { case plain, quoted, quoteInQuoted }

  private var state = State.plain
  private var field: [UInt8] = []
  private var record: [String] = []
  /// Whether the record has begun.
  private var isOpen = false

  /// Whether the text that was read so far ends within a record.
  var isCutOff: Bool { isOpen }

  /// - Parameter body: Called with each whole record.
  mutating func read(_ bytes: UnsafeRawBufferPointer, _ body: ([String]) throws -> Void) rethrows {
    for byte in bytes {
      switch (state, byte) {
      case (.quoted, UInt8(ascii: "\"")): state = .quoteInQuoted
      case (.quoted, _): field.append(byte)
      case (.quoteInQuoted, UInt8(ascii: "\"")):
        field.append(byte)
        state = .quoted
      case (_, UInt8(ascii: ",")): endField()
      case (_, UInt8(ascii: "\n")):
        guard isOpen else { continue }
        if field.last == UInt8(ascii: "\r") { field.removeLast() }
        endField()
        isOpen = false
        try body(record)
        record.removeAll(keepingCapacity: true)
        continue
      case (.plain, UInt8(ascii: "\"")) where field.isEmpty: state = .quoted
      case (_, _):
        field.append(byte)
        state = .plain
      }
      isOpen = true
    }
  }

  private mutating func endField() {
    record.append(String(decoding: field, as: UTF8.self))
    field.removeAll(keepingCapacity: true)
    state = .plain
  }
}
