#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Finds lines that can begin something: nearly all of a log's lines cannot, and are not looked at further.
enum LogMarks {
  /// Each mark with the place of its rarest byte.
  private static let marks: [(text: StaticString, anchor: Int)] = [("Build", 0), ("==> Some builds", 4), ("--> ", 2)]

  static func occur(in line: UnsafeRawBufferPointer) -> Bool {
    isMachineReadable(line) || marks.contains { occurs($0.text, $0.anchor, in: line) }
  }

  private static func occurs(_ mark: StaticString, _ anchor: Int, in line: UnsafeRawBufferPointer) -> Bool {
    guard let base = line.baseAddress else { return false }
    let rare = Int32(mark.utf8Start[anchor])
    var offset = 0
    while offset < line.count, let found = memchr(base + offset, rare, line.count - offset) {
      let place = UnsafeRawPointer(found) - base
      let start = place - anchor
      if start >= 0, start + mark.utf8CodeUnitCount <= line.count,
        memcmp(base + start, mark.utf8Start, mark.utf8CodeUnitCount) == 0
      {
        return true
      }
      offset = place + 1
    }
    return false
  }

  /// Nine digits and more, then a comma, after blanks or a CI system's timestamp.
  private static func isMachineReadable(_ line: UnsafeRawBufferPointer) -> Bool {
    var digits = 0
    for byte in line.prefix(64) {
      if (0x30...0x39).contains(byte) {
        digits += 1
      } else if byte == UInt8(ascii: ","), digits >= 9 {
        return true
      } else {
        digits = 0
      }
    }
    return false
  }
}
