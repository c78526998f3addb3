#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reads what Packer prints, in pieces, while it runs or afterwards; human output of every era and `-machine-readable`.
///
/// Memory does not grow with the log: only results are kept, and no line longer than 1 MiB.
public struct PackerLogReader: Sendable {
  /// Whether the lines have the columns of `gh run view --log`: the first line that is not blank says so, and a later one
  /// without them takes all back that was read behind them.
  private enum Columns { case undecided, none, everywhere }

  private static let lineLimit = 1 << 20

  private var decoder = LogDecoder()
  private var pending: [UInt8] = []
  private var isSkipping = false
  private var columns = Columns.undecided
  private var gitLab = GitLabLines()
  private var results = PackerLogResults()

  public init() {}

  /// Reads the next bytes; lines and characters may be cut anywhere.
  public mutating func read(_ bytes: UnsafeRawBufferPointer) {
    guard let text = decoder.decode(bytes) else { return lines(in: bytes) }
    text.withUnsafeBytes { lines(in: $0) }
  }

  public mutating func read(_ bytes: [UInt8]) { bytes.withUnsafeBytes { read($0) } }

  /// What the log says, its last line included.
  public mutating func finish() -> PackerReport {
    decoder.finish().withUnsafeBytes { lines(in: $0) }
    if !pending.isEmpty { flush(isCut: true) }
    while let line = gitLab.next(atEnd: true) { read(line.text[...], isCut: line.isCut) }
    return results.finish()
  }

  private mutating func lines(in bytes: UnsafeRawBufferPointer) {
    var start = 0
    while start < bytes.count {
      if pending.isEmpty, !isSkipping, !results.isInside, !gitLab.isFound, case .none = columns {
        // Whole lines without a mark are passed over, which nearly all are.
        let mark = LogMarks.first(in: bytes, from: start) ?? bytes.count
        start = Self.lineStart(in: bytes, start..<mark)
        if start == bytes.count { return }
      }
      let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
      guard let end = Self.lineEnd(in: rest) else { return append(rest) }
      append(UnsafeRawBufferPointer(rebasing: rest[..<end]))
      flush()
      start += end + 1
    }
  }

  /// Where the line begins that the end of `range` is in.
  private static func lineStart(in bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int {
    var at = range.upperBound
    while at > range.lowerBound, bytes[at - 1] != 0x0A { at -= 1 }
    return at
  }

  private static func lineEnd(in bytes: UnsafeRawBufferPointer) -> Int? {
    guard let base = bytes.baseAddress, let found = memchr(base, 0x0A, bytes.count) else { return nil }
    return UnsafeRawPointer(found) - base
  }

  private mutating func append(_ bytes: UnsafeRawBufferPointer) {
    if isSkipping { return }
    if pending.count + bytes.count > Self.lineLimit {
      // Its beginning still says whether it has the columns, and which stream of GitLab's it is of.
      pending += bytes.prefix(LogColumns.reach)
      if let start = dropColumns(isCut: false), start == 0 {
        pending.withUnsafeBytes { gitLab.add(nil, head: $0, limit: Self.lineLimit) }
      }
      pending = []
      isSkipping = true
    } else {
      pending += bytes
    }
  }

  /// Reads the line that is pending.
  ///
  /// - Parameter isCut: The log ends in it.
  private mutating func flush(isCut: Bool = false) {
    defer {
      pending.removeAll(keepingCapacity: pending.capacity < 1 << 16)
      isSkipping = false
    }
    guard !isSkipping, let start = dropColumns(isCut: isCut) else { return }
    let isOfGitLab = start == 0 && pending.withUnsafeBytes { GitLabLines.header(of: $0) != nil }
    guard isOfGitLab || !gitLab.isEmpty else { return read(pending[start...], isCut: isCut) }
    pending.withUnsafeBytes { gitLab.add(pending, head: $0, limit: Self.lineLimit, isCut: isCut) }
    while let line = gitLab.next() { read(line.text[...], isCut: line.isCut) }
  }

  private mutating func read(_ line: ArraySlice<UInt8>, isCut: Bool) {
    var isBlank = true
    var isOwn = true
    // A bare carriage return ends a line where a progress bar was; what a build printed behind Packer's prefix stays there.
    for part in line.split(separator: 0x0D) {
      isBlank = false
      guard isOwn else { return }
      let isLast = part.endIndex == line.endIndex
      if !isLast || results.isInside || part.withUnsafeBytes({ LogMarks.occur(in: $0) }) {
        let content = LogLine.content(part)
        if let content, results.isInside || part.withUnsafeBytes({ LogMarks.occur(in: $0) }) {
          results.line(content, isCut: isCut && isLast)
        }
        isOwn = content.map { !$0.utf8.contains(UInt8(ascii: ":")) && !$0.hasPrefix("==>") } ?? false
      }
    }
    if isBlank, results.isInside { results.line("", isCut: false) }
  }

  /// Where the pending line's text begins; nil when it is not read.
  private mutating func dropColumns(isCut: Bool) -> Int? {
    if case .none = columns { return 0 }
    if pending.allSatisfy({ $0 == 0x0D || $0 == 0x20 || $0 == 0x09 }) { return 0 }
    let end = pending.withUnsafeBytes { LogColumns.end(of: $0) }
    switch (columns, end) {
    case (_, let end?):
      columns = .everywhere
      return end
    case (.everywhere, nil):
      // A line that the log's end cut may lack them.
      if isCut { return nil }
      columns = .none
      results = PackerLogResults()
      return 0
    case (_, nil):
      columns = .none
      return 0
    }
  }
}
