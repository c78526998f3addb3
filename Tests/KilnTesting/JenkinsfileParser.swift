import Testing

/// Jenkins' declarative grammar, as far as Kiln writes it: what may stand in which block, and that nothing else does.
///
/// Source: jenkins.io, "Pipeline Syntax".
package struct JenkinsfileParser {
  private enum Token: Equatable { case word(String), text(String), mark(Character) }
  package struct Failure: Error, CustomStringConvertible { package let description: String }

  private var tokens: ArraySlice<Token>

  private static let stage: Set<String> = [
    "when", "input", "agent", "environment", "steps", "post", "stages", "parallel", "options",
  ]
  /// By the block: what may stand in it.
  private static let blocks: [String: Set<String>] = [
    "pipeline": ["agent", "options", "parameters", "environment", "stages"],
    "options": ["disableConcurrentBuilds", "skipStagesAfterUnstable", "buildDiscarder"],
    "parameters": ["choice", "string"], "stages": ["stage"], "parallel": ["stage"], "stage": stage,
    "when": ["beforeAgent", "beforeInput", "expression"], "input": ["message", "ok", "submitterParameter"],
    "agent": ["label", "docker"], "docker": ["image", "label", "args"], "post": ["always", "failure"],
    "steps": ["timeout", "dir", "sh", "script"], "timeout": ["dir", "sh", "script"],
    "dir": ["sh", "script", "withCredentials"], "withCredentials": ["sh"],
    "always": ["junit", "archiveArtifacts"], "failure": ["dir", "sh", "withCredentials"],
  ]

  /// Blocks of statements.
  private static let free: Set = ["environment", "expression", "script"]

  /// - Throws: `Failure` for what Jenkins would refuse.
  package static func check(_ text: String) throws {
    var parser = JenkinsfileParser(tokens: try tokenized(text)[...])
    try parser.expect(.word("pipeline"))
    let found = try parser.block("pipeline")
    guard parser.tokens.isEmpty else { throw Failure(description: "something stands behind the pipeline") }
    guard found.contains("agent"), found.contains("stages") else { throw Failure(description: "agent or stages lack") }
  }

  private mutating func expect(_ token: Token) throws {
    guard tokens.popFirst() == token else { throw Failure(description: "expected \(token) before \(tokens.prefix(5))") }
  }

  /// - Returns: The names of what stands in it.
  private mutating func block(_ name: String) throws -> [String] {
    try expect(.mark("{"))
    if Self.free.contains(name) {
      try skip(to: "}")
      return []
    }
    guard let allowed = Self.blocks[name] else { throw Failure(description: "no block is called \(name)") }
    var found: [String] = []
    while tokens.first != .mark("}") {
      guard case .word(let word)? = tokens.popFirst(), allowed.contains(word) else {
        throw Failure(description: "not in \(name): \(tokens.prefix(3))")
      }
      found.append(word)
      if tokens.first == .mark("(") {
        tokens.removeFirst()
        try skip(to: ")")
      }
      if tokens.first == .mark("{") {
        let inner = try block(word)
        if word == "stage", Set(inner).intersection(["steps", "stages", "parallel"]).count != 1 {
          throw Failure(description: "a stage has one of steps, stages, parallel, not \(inner)")
        }
        if ["stages", "steps", "parallel"].contains(word), inner.isEmpty {
          throw Failure(description: "\(word) is empty")
        }
      } else {
        try skipStatement(in: allowed)
      }
    }
    tokens.removeFirst()
    return found
  }

  /// The rest of a statement: words, texts and marks up to the next one.
  private mutating func skipStatement(in allowed: Set<String>) throws {
    while let token = tokens.first, token != .mark("}") {
      if case .word(let word) = token, allowed.contains(word), tokens.dropFirst().first != .mark(":") { return }
      tokens.removeFirst()
    }
  }

  /// Past the mark that closes what is open.
  private mutating func skip(to end: Character) throws {
    var open = 0
    while let token = tokens.popFirst() {
      if case .mark(let mark) = token {
        if mark == end, open == 0 { return }
        if "({[".contains(mark) { open += 1 }
        if ")}]".contains(mark) { open -= 1 }
      }
    }
    throw Failure(description: "nothing closes with \(end)")
  }

  private static func tokenized(_ text: String) throws -> [Token] {
    var tokens: [Token] = []
    var rest = Array(text.unicodeScalars)[...]
    func starts(_ text: String) -> Bool { rest.starts(with: text.unicodeScalars) }
    while let scalar = rest.first {
      if starts("//") {
        rest = rest.drop { $0 != "\n" }
      } else if scalar == "'" || scalar == "\"" {
        let quote = starts("'''") ? "'''" : String(Character(scalar))
        rest = rest.dropFirst(quote.unicodeScalars.count)
        var content = ""
        while !rest.starts(with: quote.unicodeScalars) {
          guard let next = rest.popFirst() else { throw Failure(description: "a text has no end") }
          guard next != "\n" || quote.count == 3 else {
            throw Failure(description: "a text ends with its line: \(content)")
          }
          guard next.value < 0x7F else { throw Failure(description: "not plain: \(next)") }
          content.unicodeScalars.append(next)
          if next == "\\", let escaped = rest.popFirst() { content.unicodeScalars.append(escaped) }
          // A text of ours in these quotes is an expression of ours.
          if quote == "\"", next == "$" { #expect(rest.first == "{") }
        }
        rest = rest.dropFirst(quote.unicodeScalars.count)
        tokens.append(.text(content))
      } else if scalar.properties.isAlphabetic || scalar == "_" {
        let word = rest.prefix { $0.properties.isAlphabetic || $0 == "_" || $0 == "." || ("0"..."9").contains($0) }
        rest = rest.dropFirst(word.count)
        tokens.append(.word(String(String.UnicodeScalarView(word))))
      } else {
        rest.removeFirst()
        if !scalar.properties.isWhitespace { tokens.append(.mark(Character(scalar))) }
      }
    }
    return tokens
  }
}
