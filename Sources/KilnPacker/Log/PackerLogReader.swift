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
  private enum Section { case none, errors, artifacts }

  /// A block that goes on over several lines.
  private enum Block {
    case none
    case error(build: String, lines: [String])
    case artifact(build: String, lines: [String], wrapped: Bool)
  }

  private static let lineLimit = 1 << 20

  private var decoder = LogDecoder()
  private var pending: [UInt8] = []
  private var isSkipping = false
  private var section = Section.none
  private var block = Block.none
  private var names: [String] = []
  private var builds: [String: PackerReport.Build] = [:]
  private var hasSummary = false
  private var hasErrors = false
  private var hasNoArtifacts = false
  private var runs = 0
  private var isRunEnded = true

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
    flush()
    endBlock()
    if hasNoArtifacts, builds.values.allSatisfy({ $0.outcome != .success }) { hasErrors = true }
    let outcome: PackerReport.Outcome = !hasSummary ? .unknown : hasErrors ? .failure : .success
    return PackerReport(outcome: outcome, builds: names.compactMap { builds[$0] }, runs: runs)
  }

  private mutating func lines(in bytes: UnsafeRawBufferPointer) {
    var start = 0
    while start < bytes.count {
      if pending.isEmpty, !isSkipping, !isInside {
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
    if pending.count + bytes.count > Self.lineLimit {
      pending = []
      isSkipping = true
    } else if !isSkipping {
      pending += bytes
    }
  }

  private mutating func flush() {
    let line = pending
    pending = []
    // A bare carriage return ends a line too: progress bars write over theirs, and some tools convert line ends so.
    if !isSkipping {
      for part in line.split(separator: 0x0D) where isInside || part.withUnsafeBytes({ LogMarks.occur(in: $0) }) {
        self.line(part)
      }
      if isInside, line.allSatisfy({ $0 == 0x0D }) { self.line([]) }
    }
    isSkipping = false
  }

  /// Whether a line can say something without a mark of Packer's.
  private var isInside: Bool {
    if case .none = block, section == .none { return false }
    return true
  }

  private mutating func line(_ bytes: ArraySlice<UInt8>) {
    guard let text = LogLine.content(bytes) else { return }
    if let machine = MachineReadableLine(text) { return self.machine(machine) }
    human(text)
  }

  private mutating func machine(_ line: MachineReadableLine) {
    switch line.type {
    case "ui":
      // Several lines in one datum, or a line each.
      for text in (line.data.dropFirst().first ?? "").utf8.split(separator: 0x0A, omittingEmptySubsequences: false) {
        guard let content = LogLine.content(Array(text)[...]) else { continue }
        human(content)
      }
    case "error-count":
      hasSummary = true
      if line.data.first != "0" { hasErrors = true }
    case "error" where !line.target.isEmpty:
      endBlock()
      fail(line.target, line.data.joined(separator: ","))
    case "artifact" where line.data.count > 2 && line.data[1] == "string":
      let text = line.data[2...].joined(separator: ",")
      let lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
        String(decoding: line.filter { $0 != 0x0D }, as: UTF8.self)
      }
      endBlock()
      succeed(line.target, ArtifactText.artifacts(lines))
    default: break
    }
  }

  private mutating func human(_ text: String) {
    if text.hasPrefix("==> ") || text == "==>" {
      endBlock()
      return summary(text)
    }
    if text.hasPrefix("--> "), let (build, rest) = Self.named(text.dropFirst(4)) {
      endBlock()
      block =
        section == .errors
        ? .error(build: build, lines: [rest]) : .artifact(build: build, lines: [rest], wrapped: false)
      return
    }
    if text.hasPrefix("Build "), ended(text) { return }
    goOn(text)
  }

  private mutating func summary(_ text: String) {
    if text.hasPrefix("==> Builds finished. The artifacts of successful builds are:") {
      hasSummary = true
      beginSummary(isLast: true)
      section = .artifacts
    } else if text.hasPrefix("==> Builds finished but no artifacts were created") {
      hasSummary = true
      hasNoArtifacts = true
      beginSummary(isLast: true)
      section = .none
    } else if text.hasPrefix("==> Some builds didn't complete successfully and had errors:") {
      hasSummary = true
      hasErrors = true
      beginSummary(isLast: false)
      section = .errors
    } else {
      section = .none
    }
  }

  /// A run's summary is its errors, if any, and then its artifacts.
  private mutating func beginSummary(isLast: Bool) {
    if isRunEnded { runs += 1 }
    isRunEnded = isLast
  }

  /// `name: text`, where the name is one word.
  private static func named(_ text: Substring) -> (String, String)? {
    guard let colon = text.firstRange(of: ":") else { return nil }
    let name = text[..<colon.lowerBound]
    guard !name.isEmpty, !name.contains(where: \.isWhitespace) else { return nil }
    let rest = text[colon.upperBound...]
    guard rest.isEmpty || rest.first == " " else { return nil }
    return (String(name), String(rest.drop { $0 == " " }))
  }

  /// `Build 'name' finished after 4 minutes 33 seconds.` and `Build 'name' errored after 3 seconds: text`.
  private mutating func ended(_ text: String) -> Bool {
    let quotes: Set<Character> = ["'", "‘", "’", "\""]
    var rest = text.dropFirst("Build ".count)
    guard let open = rest.first, quotes.contains(open) else { return false }
    rest.removeFirst()
    guard let close = rest.firstIndex(where: { quotes.contains($0) }) else { return false }
    let name = String(rest[..<close])
    rest = rest[rest.index(after: close)...]
    if rest.hasPrefix(" finished") {
      endBlock()
      rest = rest.dropFirst(" finished".count)
      note(name, .success)
      if rest.hasPrefix(" after ") { builds[name]?.duration = Self.withoutFullStop(rest.dropFirst(" after ".count)) }
      return true
    }
    guard rest.hasPrefix(" errored") else { return false }
    endBlock()
    rest = rest.dropFirst(" errored".count)
    guard let colon = rest.firstRange(of: ": ") ?? rest.firstRange(of: ":") else { return false }
    fail(name, String(rest[colon.upperBound...]))
    if rest.hasPrefix(" after ") {
      builds[name]?.duration = String(rest[..<colon.lowerBound].dropFirst(" after ".count))
    }
    return true
  }

  private static func withoutFullStop(_ text: Substring) -> String { String(text.last == "." ? text.dropLast() : text) }

  private mutating func goOn(_ text: String) {
    switch block {
    case .none: break
    case .error(let build, let lines) where lines.count < 1000: block = .error(build: build, lines: lines + [text])
    case .error: break
    case .artifact(let build, let lines, let wrapped):
      // Outside a summary nothing says where a text that is not known ends.
      if section == .none, !ArtifactText.isKnown(lines) { return endBlock() }
      switch ArtifactText.continues(lines, with: text, wrapped: wrapped) {
      case .yes: block = .artifact(build: build, lines: lines + [text], wrapped: false)
      case .wrapped: block = .artifact(build: build, lines: lines, wrapped: true)
      case .no: endBlock()
      }
    }
  }

  private mutating func endBlock() {
    switch block {
    case .none: break
    case .error(let build, var lines):
      while let last = lines.last, last.isEmpty { lines.removeLast() }
      fail(build, lines.joined(separator: "\n"), isFinal: true)
    case .artifact(let build, let lines, _): succeed(build, ArtifactText.artifacts(lines))
    }
    block = .none
  }

  private mutating func note(_ name: String, _ outcome: PackerReport.Outcome) {
    if builds[name] == nil {
      names.append(name)
      builds[name] = .init(name: name, outcome: outcome)
    }
  }

  /// - Parameter isFinal: From the summary, which has the whole text.
  private mutating func fail(_ name: String, _ error: String, isFinal: Bool = false) {
    note(name, .failure)
    builds[name]?.outcome = .failure
    if isFinal || builds[name]?.error == nil { builds[name]?.error = error }
  }

  private mutating func succeed(_ name: String, _ artifacts: [PackerArtifact]) {
    note(name, .success)
    for artifact in artifacts where builds[name]?.artifacts.contains(artifact) == false {
      builds[name]?.artifacts.append(artifact)
    }
  }
}
