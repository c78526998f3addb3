/// The columns `job<TAB>step<TAB>time` that `gh run view --log` puts before every line.
///
/// What a build prints can look like them, behind Packer's prefix. So they count only where every line of the log has
/// them, from the first on, and never where the first column could be Packer's own.
enum LogColumns {
  /// Columns end within so many bytes of a line, or are none.
  static let reach = 1024

  /// Where the text behind the columns and their time begins; nil for a line without them.
  static func end(of line: UnsafeRawBufferPointer) -> Int? {
    let head = line.prefix(reach)
    var at = head.starts(with: mark) ? mark.count : 0
    guard let jobEnd = columnEnd(head, at), jobEnd > at, isJob(head[at..<jobEnd]) else { return nil }
    at = jobEnd + 1
    guard let stepEnd = columnEnd(head, at), stepEnd > at else { return nil }
    at = stepEnd + 1
    // Each step's own log begins with a byte order mark.
    if head[at...].starts(with: mark) { at += mark.count }
    return timeEnd(head, at)
  }

  private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

  private static func columnEnd(_ line: Slice<UnsafeRawBufferPointer>, _ start: Int) -> Int? {
    var at = start
    while at < line.endIndex, line[at] >= 0x20 { at += 1 }
    return at < line.endIndex && line[at] == 0x09 ? at : nil
  }

  /// A job's name with `: ` in it, or an arrow, cannot be told from Packer's prefix with a build's text behind it.
  private static func isJob(_ job: Slice<UnsafeRawBufferPointer>) -> Bool {
    guard job.first != 0x20 else { return false }
    var last: UInt8 = 0
    for byte in job {
      if last == UInt8(ascii: ":"), byte == 0x20 { return false }
      if byte == UInt8(ascii: ">"), last == UInt8(ascii: "=") || last == UInt8(ascii: "-") { return false }
      last = byte
    }
    return last != UInt8(ascii: ":")
  }

  /// `2023-01-05T09:00:01.1234567Z`, and the blank after it where there is one.
  private static func timeEnd(_ line: Slice<UnsafeRawBufferPointer>, _ start: Int) -> Int? {
    var at = start
    let pattern: StaticString = "0000-00-00T00:00:00"
    guard line.endIndex - at > pattern.utf8CodeUnitCount else { return nil }
    let fits = pattern.withUTF8Buffer { pattern in
      pattern.indices.allSatisfy { index in
        let byte = line[start + index]
        return pattern[index] == 0x30 ? isDigit(byte) : byte == pattern[index]
      }
    }
    guard fits else { return nil }
    at += pattern.utf8CodeUnitCount
    if at < line.endIndex, line[at] == UInt8(ascii: ".") {
      at += 1
      while at < line.endIndex, isDigit(line[at]) { at += 1 }
    }
    guard at < line.endIndex, line[at] == UInt8(ascii: "Z") else { return nil }
    at += 1
    if at == line.endIndex || line[at] == 0x0D { return at }
    return line[at] == 0x20 ? at + 1 : nil
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
