import KilnDiagnostics

/// Warnings about what should hardly be in an image, and about rules that do not do what they look like.
///
/// There are at most `limit` of one kind, then their number: an ignore file may have a hundred thousand lines.
struct ContextAdvice {
  private static let limit = 100
  private static let largeFile = 100_000_000
  private static let lockFiles = [
    "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "npm-shrinkwrap.json", "bun.lockb", "bun.lock",
  ]
  /// How often a rule that is an expression is tried on a name, in all: enough for a hundred rules and 30,000 names.
  private static let tries = 3_000_000

  private let ignore: IgnoreRules
  private var warnings: [Diagnostic] = []
  private var counts: [String: Int] = [:]
  private var modules: [String] = []
  private var locked: Set<String> = []
  /// Rules of one name, which a .gitignore would apply in every folder, and here only in the first; by their text where
  /// that is all they match.
  private var shallowNames: [[UInt8]: [Int]] = [:]
  private var shallow: [(index: Int, rule: IgnoreRules.Rule)] = []
  private var triesLeft = Self.tries
  private var missed: [Int: String] = [:]

  init(_ source: ContextSource) {
    ignore = source.ignore
    for (index, rule) in source.ignore.rules.enumerated() {
      let text = rule.pattern.text
      guard !rule.isException, !text.contains(UInt8(ascii: "/")), !text.starts(with: [0x2A, 0x2A]) else { continue }
      if case .exact(let name) = rule.pattern.form {
        shallowNames[name, default: []].append(index)
      } else {
        shallow.append((index, rule))
      }
    }
  }

  private mutating func warn(
    _ id: String, _ message: String, _ suggestion: String? = nil, at location: SourceLocation? = nil
  ) {
    counts[id, default: 0] += 1
    guard counts[id] ?? 0 <= Self.limit else { return }
    warnings.append(Diagnostic(id, message, severity: .warning, at: location, suggestion: suggestion))
  }

  /// - Parameters:
  ///   - matched: Which rules match the entry or a folder that it is in.
  ///   - size: In bytes, asked for only where it matters.
  mutating func see(_ entry: ContextEntry, matched: [Int], size: () -> Int) {
    let start = entry.path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
    let name = entry.path[start...]
    if start > 0, !shallow.isEmpty || !shallowNames.isEmpty { seeDeep(Array(name), entry.name, matched) }
    switch entry.kind {
    case .directory:
      if name.elementsEqual(".git".utf8) {
        warn("context.git", "\"\(entry.name)\" is packed: the history of the source", "ignore .git")
      }
      if name.elementsEqual("node_modules".utf8) { modules.append(Self.text(entry.path[..<start])) }
    case .file:
      if Self.lockFiles.contains(where: { name.elementsEqual($0.utf8) }) {
        locked.insert(Self.text(entry.path[..<start]))
      }
      if name.starts(with: ".env".utf8), Self.isSettings(Self.text(name)) {
        warn("context.env", "\"\(entry.name)\" is packed: settings of somebody's machine, often secrets", "ignore it")
      }
      if Self.isPrivateKey(name) {
        warn("context.private-key", "\"\(entry.name)\" is packed and looks like a private key", "ignore it")
      }
      let bytes = size()
      if bytes > Self.largeFile {
        warn(
          "context.large-file", "\"\(entry.name)\" has \(bytes / 1_000_000) MB",
          "ignore it where the image does not need it")
      }
    case .symbolicLink(let target):
      if Self.leaves(target, from: entry.path) {
        warn(
          "context.link-outside",
          "the link \"\(entry.name)\" points out of the context, to \"\(Self.text(target[...]))\"",
          "it is packed as it is, and leads to what is there in the image")
      }
    case .contents: break
    }
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

  /// A rule that matches a folder that this is in has been heard: a later one takes this after all.
  private mutating func seeDeep(_ bytes: [UInt8], _ path: String, _ matched: [Int]) {
    func isHeard(_ index: Int) -> Bool { matched.contains(index) }
    if let rules = shallowNames[bytes] {
      let left = rules.filter { isHeard($0) }
      for index in rules where !isHeard(index) { missed[index] = path }
      shallowNames[bytes] = left.isEmpty ? nil : left
    }
    guard !shallow.isEmpty, triesLeft > 0 else { return }
    triesLeft -= shallow.count
    let own = IgnorePath(bytes)
    guard
      shallow.contains(where: { index, rule in (try? rule.pattern.matches(own)) == true && !isHeard(index) })
    else { return }
    shallow.removeAll { index, rule in
      guard (try? rule.pattern.matches(own)) == true, !isHeard(index) else { return false }
      missed[index] = path
      return true
    }
  }

  private static func isSettings(_ name: String) -> Bool {
    guard name == ".env" || name.hasPrefix(".env.") else { return false }
    return !["example", "sample", "dist", "template"].contains(name.split(separator: ".").last.map(String.init) ?? "")
  }

  private static func isPrivateKey(_ name: ArraySlice<UInt8>) -> Bool {
    if name.starts(with: "id_".utf8),
      ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"].contains(where: { name.elementsEqual($0.utf8) })
    {
      return true
    }
    guard name.count >= 4, name[name.endIndex - 4] == UInt8(ascii: ".") else { return false }
    return [".pem", ".key", ".p12", ".pfx", ".ppk"].contains { name.suffix(4).elementsEqual($0.utf8) }
      && !name.starts(with: "public".utf8)
  }

  /// Whether a link's target is absolute or above the context's folder.
  private static func leaves(_ target: [UInt8], from path: [UInt8]) -> Bool {
    if target.first == UInt8(ascii: "/") { return true }
    var depth = path.split(separator: UInt8(ascii: "/")).count - 1
    for part in target.split(separator: UInt8(ascii: "/")) where !part.elementsEqual(".".utf8) {
      depth += part.elementsEqual("..".utf8) ? -1 : 1
      if depth < 0 { return true }
    }
    return false
  }

  /// All warnings, those about rules included.
  mutating func finish(usedRules: Set<Int>) -> [Diagnostic] {
    for folder in modules where locked.contains(folder) {
      warn(
        "context.node-modules", "\"\(folder)node_modules\" is packed beside its lock file",
        "ignore it, and install while the image is built")
    }
    for (index, rule) in ignore.rules.enumerated() {
      let place = SourceLocation(file: ignore.file, line: rule.line, column: rule.column, length: rule.text.count)
      if let path = missed[index] {
        warn(
          "context.gitignore-habit", "\"\(rule.text)\" matches only at the top, and \"\(path)\" is packed",
          "\"**/\(rule.text)\" matches in every folder", at: place)
      } else if let habit = Self.habit(of: rule) {
        warn("context.gitignore-habit", habit.message, habit.help, at: place)
      } else if !usedRules.contains(index) {
        warn("context.unused-pattern", "\"\(rule.text)\" matches nothing", at: place)
      }
    }
    for (id, count) in counts.sorted(by: { $0.key < $1.key }) where count > Self.limit {
      let rest = count - Self.limit
      warnings.append(Diagnostic(id, "and \(rest) more of this kind", severity: .warning))
    }
    return warnings
  }

  /// What means something else in a .gitignore.
  private static func habit(of rule: IgnoreRules.Rule) -> (message: String, help: String)? {
    let text = rule.isException ? String(rule.text.dropFirst()) : rule.text
    if text.hasPrefix("\\#") || text.hasPrefix("\\!") { return nil }
    if let slash = text.firstIndex(of: "\\"), let next = text[slash...].dropFirst().first,
      next.isLetter || next.isNumber
    {
      return ("a backslash in \"\(rule.text)\" escapes what is after it", "components are separated by /")
    }
    if let mark = text.range(of: " #") {
      return ("\"\(text[mark.lowerBound...].dropFirst())\" is part of the pattern", "a comment has a line of its own")
    }
    return nil
  }
}

extension String {
  fileprivate func range(of text: String) -> Range<String.Index>? { firstRange(of: text) }
}
