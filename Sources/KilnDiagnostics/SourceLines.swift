/// The lines of the files that excerpts are from; each file is divided once.
struct SourceLines {
  private let sources: (String) -> String?
  private var files: [String: (bytes: [UInt8], starts: [Int])?] = [:]

  init(_ sources: @escaping (String) -> String?) { self.sources = sources }

  /// The bytes of line `number` of `file`, without its end; nil when there is no such line.
  mutating func line(_ number: Int, of file: String) -> ArraySlice<UInt8>? {
    if files[file] == nil { files[file] = .some(sources(file).map(Self.divided)) }
    guard let (bytes, starts) = files[file] ?? nil, number >= 1, number <= starts.count else { return nil }
    var end = number < starts.count ? starts[number] - 1 : bytes.count
    if end > starts[number - 1], bytes[end - 1] == 0x0D { end -= 1 }
    return bytes[starts[number - 1]..<end]
  }

  private static func divided(_ text: String) -> (bytes: [UInt8], starts: [Int]) {
    let bytes = Array(text.utf8)
    var starts = [0]
    for (index, byte) in bytes.enumerated() where byte == 0x0A { starts.append(index + 1) }
    return (bytes, starts)
  }

  /// Where scalar `number` of a line begins, from 0; the line's end behind the last one, nil further on.
  static func index(of number: Int, in line: ArraySlice<UInt8>) -> Int? {
    var seen = 0
    for index in line.indices where line[index] & 0xC0 != 0x80 {
      if seen == number { return index }
      seen += 1
    }
    return seen == number ? line.endIndex : nil
  }
}
