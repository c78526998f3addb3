import KilnDocuments

/// What the lines of a log come to: Packer's statements, one after the other.
struct PackerLogResults: Sendable {
  private enum Section { case none, errors, artifacts }

  /// A text of Packer's that goes on over several lines.
  private struct Block {
    enum Kind { case error, artifact }

    static let lineLimit = 1000
    static let sizeLimit = 1 << 18

    let kind: Kind
    let build: String
    var lines: [ArtifactText.Line]
    /// The lines' bytes; more than the limit are left out.
    var size = 0
    /// The line before was the rest of a broken one.
    var isWrapped = false

    mutating func append(_ text: String, isCut: Bool) {
      isWrapped = false
      size += text.utf8.count
      let isFull = lines.count >= Self.lineLimit || size > Self.sizeLimit
      if !isFull {
        lines.append(.init(text: text, isBroken: isCut))
      } else if lines.last?.text != "…" {
        lines.append(.init(text: "…", isBroken: true))
      }
    }
  }

  private var section = Section.none
  private var block: Block?
  private var names: [String] = []
  private var builds: [String: PackerReport.Build] = [:]
  private var artifacts: [String: Set<PackerArtifact>] = [:]
  private var hasSummary = false
  private var hasErrors = false
  private var hasNoArtifacts = false
  private var runs = 0
  private var isRunEnded = true

  /// Whether a line can say something without a mark of Packer's.
  var isInside: Bool { block != nil || section != .none || hasSummary }

  mutating func finish() -> PackerReport {
    endBlock()
    if hasNoArtifacts, builds.values.allSatisfy({ $0.outcome != .success }) { hasErrors = true }
    // A run that failed did so whatever another one behind it comes to.
    let outcome: PackerReport.Outcome = hasErrors ? .failure : hasSummary ? .success : .unknown
    return PackerReport(outcome: outcome, builds: names.compactMap { builds[$0] }, runs: runs)
  }

  /// Reads a line without what terminals and CI systems add to it.
  ///
  /// - Parameter isCut: The log ends in it, so that it may have been longer.
  mutating func line(_ text: String, isCut: Bool) {
    guard let machine = MachineReadableLine(text) else { return human(text, isCut: isCut) }
    self.machine(machine, isCut: isCut)
  }

  private mutating func machine(_ line: MachineReadableLine, isCut: Bool) {
    if line.type == "ui" { return message(line.data.dropFirst().first ?? "", isCut: isCut) }
    if isCut { return }
    switch line.type {
    case "error-count":
      hasSummary = true
      if line.data.first != "0" { hasErrors = true }
    case "error" where !line.target.isEmpty:
      endBlock()
      fail(line.target, line.data.joined(separator: ","))
    case "artifact" where line.data.count > 2 && line.data[1] == "string":
      let text = line.data[2...].joined(separator: ",")
      let lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
        ArtifactText.Line(text: String(decoding: line.filter { $0 != 0x0D }, as: UTF8.self))
      }
      endBlock()
      succeed(line.target, ArtifactText(lines))
    default: break
    }
  }

  /// One message of Packer's: its first line says what it is, and the others go on with that. A `\n` that a build printed
  /// looks like a line break of Packer's own.
  private mutating func message(_ text: String, isCut: Bool) {
    let lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
    var isBegun = false
    for (index, line) in lines.enumerated() {
      let isLast = index == lines.count - 1
      let bytes = Array(line)
      guard let content = LogLine.content(bytes[...]) else { continue }
      if isBegun {
        goOn(content, isCut: isCut && isLast)
      } else {
        human(content, isCut: isCut && isLast)
        // Behind Packer's prefix everything is the build's.
        let isBuilds = content.hasPrefix("==>") || TerminalText.plain(bytes[...]).starts(with: "  ".utf8)
        if !content.isEmpty, isBuilds { return }
        isBegun = !content.isEmpty
      }
    }
  }

  private mutating func human(_ text: String, isCut: Bool) {
    if hasSummary, beginsRun(text) {
      endBlock()
      section = .none
      // What ended well is another run; this one has yet to say how it ends.
      hasSummary = false
      isRunEnded = true
      return
    }
    if text.hasPrefix("==> ") || text == "==>" {
      endBlock()
      return summary(text)
    }
    if text.hasPrefix("--> "), let (build, rest) = Self.named(text.dropFirst(4)) {
      endBlock()
      var next = Block(kind: section == .errors ? .error : .artifact, build: build, lines: [])
      next.append(rest, isCut: isCut)
      block = next
      return
    }
    if text.hasPrefix("Build "), ended(text) { return }
    goOn(text, isCut: isCut)
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

  /// Whether a line behind a summary is another run's: `name: output will be in this color.`, which Packer leaves out where
  /// there are no colours; a step of a build that has ended; or that a template was refused.
  private func beginsRun(_ text: String) -> Bool {
    // Old versions have no colon, and the log may end in the line.
    if let said = text.firstRange(of: " output will be in") {
      let name = text[..<said.lowerBound]
      return !name.isEmpty && !name.contains(where: \.isWhitespace)
    }
    if text.hasPrefix("==> ") { return Self.named(text.dropFirst(4)).map { builds[$0.0] != nil } ?? false }
    return block?.kind != .error && Self.refusesTemplate(text)
  }

  /// What Packer says in place of a run: `Error: Failed to prepare build: "azure-arm"`, `Error: 2 error(s) decoding:`.
  private static func refusesTemplate(_ text: String) -> Bool {
    guard text.hasPrefix("Error: ") else { return false }
    let rest = text.dropFirst("Error: ".count)
    let words = rest.drop { $0.isASCII && $0.isNumber }
    return rest.hasPrefix("Failed to prepare build") || rest.hasPrefix("Failed to initialize build")
      || (words.count < rest.count && words.hasPrefix(" error(s) "))
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

  private mutating func goOn(_ text: String, isCut: Bool) {
    guard let kind = block?.kind else { return }
    if kind == .error {
      block?.append(text, isCut: isCut)
      return
    }
    // Outside a summary nothing says where a text that is not known ends.
    if section == .none, block.map({ ArtifactText.isKnown($0.lines) }) == false { return endBlock() }
    switch block.map({ ArtifactText.continues($0.lines, with: text, wrapped: $0.isWrapped) }) ?? .no {
    case .yes: block?.append(text, isCut: isCut)
    case .blank: break
    case .wrapped(let isBroken):
      block?.isWrapped = true
      if isBroken, let last = block?.lines.indices.last { block?.lines[last].isBroken = true }
    case .no: endBlock()
    }
  }

  private mutating func endBlock() {
    guard let ended = block else { return }
    block = nil
    switch ended.kind {
    case .error:
      var lines = ended.lines.map(\.text)
      while let last = lines.last, last.isEmpty { lines.removeLast() }
      fail(ended.build, lines.joined(separator: "\n"), isFinal: true)
    case .artifact: succeed(ended.build, ArtifactText(ended.lines))
    }
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

  private mutating func succeed(_ name: String, _ text: ArtifactText) {
    note(name, .success)
    for artifact in text.artifacts where artifacts[name, default: []].insert(artifact).inserted {
      builds[name]?.artifacts.append(artifact)
    }
    // A text that stands twice is refused once.
    for reason in text.refused where builds[name]?.refused.contains(reason) == false {
      guard (builds[name]?.refused.count ?? 0) < 20 else { break }
      builds[name]?.refused.append(reason)
    }
  }
}
