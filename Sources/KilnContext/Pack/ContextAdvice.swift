import KilnDiagnostics

/// Warnings about what should hardly be in an image, and about rules that do not do what they look like.
struct ContextAdvice {
  private static let largeFile = 100_000_000
  private static let lockFiles: Set<String> = [
    "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "npm-shrinkwrap.json", "bun.lockb", "bun.lock",
  ]

  private let ignore: IgnoreRules
  private var warnings: [Diagnostic] = []
  private var modules: [String] = []
  private var locked: Set<String> = []
  /// Rules of one name, which a .gitignore would apply in every folder, and here only in the first.
  private var shallow: [(index: Int, rule: IgnoreRules.Rule)]
  private var missed: [Int: String] = [:]

  init(_ source: ContextSource) {
    ignore = source.ignore
    shallow = source.ignore.rules.enumerated().filter { _, rule in
      let text = rule.pattern.text
      return !rule.isException && !text.contains(UInt8(ascii: "/")) && !text.starts(with: [0x2A, 0x2A])
    }.map { (index: $0.offset, rule: $0.element) }
  }

  private mutating func warn(_ id: String, _ message: String, _ suggestion: String? = nil) {
    warnings.append(Diagnostic(id, message, severity: .warning, suggestion: suggestion))
  }

  /// - Parameter size: In bytes, asked for only where it matters.
  mutating func see(_ entry: ContextEntry, size: () -> Int) {
    let path = entry.name
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let isIn = path.dropLast(name.count)
    if !isIn.isEmpty, !shallow.isEmpty { seeDeep(name, path) }
    switch entry.kind {
    case .directory:
      if name == ".git" { warn("context.git", "\"\(path)\" is packed: the history of the source", "ignore .git") }
      if name == "node_modules" { modules.append(String(isIn)) }
    case .file:
      if Self.lockFiles.contains(name) { locked.insert(String(isIn)) }
      if name == ".env" || name.hasPrefix(".env."), !["example", "sample", "dist", "template"].contains(ending(name)) {
        warn("context.env", "\"\(path)\" is packed: settings of somebody's machine, often secrets", "ignore it")
      }
      if Self.isPrivateKey(name) {
        warn("context.private-key", "\"\(path)\" is packed and looks like a private key", "ignore it")
      }
      let bytes = size()
      if bytes > Self.largeFile {
        warn(
          "context.large-file", "\"\(path)\" has \(bytes / 1_000_000) MB", "ignore it where the image does not need it")
      }
    case .symbolicLink(let target):
      if Self.leaves(target, from: entry.path) {
        warn(
          "context.link-outside",
          "the link \"\(path)\" points out of the context, to \"\(String(decoding: target, as: UTF8.self))\"",
          "it is packed as it is, and leads to what is there in the image")
      }
    case .contents: break
    }
  }

  private mutating func seeDeep(_ name: String, _ path: String) {
    let own = IgnorePath(Array(name.utf8))
    shallow.removeAll { index, rule in
      guard (try? rule.pattern.matches(own)) == true else { return false }
      missed[index] = path
      return true
    }
  }

  private func ending(_ name: String) -> String { name.split(separator: ".").last.map(String.init) ?? "" }

  private static func isPrivateKey(_ name: String) -> Bool {
    ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"].contains(name)
      || [".pem", ".key", ".p12", ".pfx", ".ppk"].contains { name.hasSuffix($0) } && !name.hasPrefix("public")
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
        warnings.append(
          Diagnostic(
            "context.gitignore-habit", "\"\(rule.text)\" matches only at the top, and \"\(path)\" is packed",
            severity: .warning, at: place, suggestion: "\"**/\(rule.text)\" matches in every folder"))
      } else if let habit = Self.habit(of: rule) {
        warnings.append(
          Diagnostic("context.gitignore-habit", habit.message, severity: .warning, at: place, suggestion: habit.help))
      } else if !usedRules.contains(index) {
        warnings.append(
          Diagnostic("context.unused-pattern", "\"\(rule.text)\" matches nothing", severity: .warning, at: place))
      }
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
