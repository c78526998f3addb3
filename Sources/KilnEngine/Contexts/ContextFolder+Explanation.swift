package import KilnConsole
package import KilnContext
import KilnDiagnostics
package import KilnDocuments
package import SystemPackage

/// Whether a path goes into a context, and by which rule.
package struct ContextExplanation: Sendable {
  /// Relative to the context's folder.
  let path: String
  let isExcluded: Bool
  /// The Dockerfile, which the engine needs whatever the rules say.
  let isNeeded: Bool
  /// The rule that decides, and its place; nil where none matches.
  let rule: (text: String, file: String, line: Int, column: Int)?

  package var text: String {
    let why = rule.map { "by \"\($0.text)\" at \($0.file):\($0.line):\($0.column)" } ?? "no rule matches it"
    if isNeeded { return "\(path): packed: the engine needs it, though \(why) it is left out\n" }
    return "\(path): \(isExcluded ? "left out" : "packed"): \(why)\n"
  }

  package var document: DocumentValue {
    [
      "path": .string(path), "excluded": .bool(isExcluded && !isNeeded),
      "rule": rule.map { .string($0.text) } ?? .null, "file": rule.map { .string($0.file) } ?? .null,
      "line": rule.map { .integer($0.line) } ?? .null,
    ]
  }
}

extension ContextFolder {
  /// - Parameters:
  ///   - name: As the user writes it, from `root`.
  ///   - dockerfile: Nil for the folder's own.
  package init(named name: String, dockerfile: String?, in root: FilePath) throws {
    try self.init(
      root.pushing(FilePath(name)).lexicallyNormalized(), dockerfile: dockerfile.map { root.pushing(FilePath($0)) },
      name: { path in
        let prefix = root.string + "/"
        return path.string.hasPrefix(prefix) ? String(path.string.dropFirst(prefix.count)) : path.string
      })
  }

  /// Prints what goes in, one path a line.
  package func list(on console: Console, asJSON isJSON: Bool, endingByNUL endsByNUL: Bool) throws {
    let result = try withExcerpts(sources) { try ContextPacker.list(source) }
    console.report(result.warnings, sources: sources)
    if isJSON {
      console.output(json: ["schemaVersion": 1, "entries": .list(result.entries.map(\.document))])
    } else if endsByNUL {
      console.raw(.output, result.entries.flatMap { $0.path + [0] })
    } else {
      console.raw(
        .output, result.entries.flatMap { ($0.path.withUnsafeBytes(ConsoleText.safe(line:)) ?? $0.path) + [0x0A] })
    }
  }

  /// Prints which rule decides about each path.
  package func explain(_ paths: [String], on console: Console, asJSON isJSON: Bool) throws {
    let answers = try paths.map { path in try withExcerpts(sources) { try explanation(of: path) } }
    if isJSON {
      console.output(json: ["schemaVersion": 1, "paths": .list(answers.map(\.document))])
    } else {
      for answer in answers { console.output(answer.text) }
    }
  }

  /// - Throws: `DiagnosticsError` for a rule that the engine refuses.
  package func explanation(of path: String) throws -> ContextExplanation {
    let cleaned = FilePath(path).lexicallyNormalized().components.map(\.string).joined(separator: "/")
    let rules = source.ignore
    let verdict: IgnoreVerdict
    do throws(IgnoreRuleFailure) { verdict = try rules.verdict(on: Array(cleaned.utf8)) } catch {
      throw DiagnosticsError([error.diagnostic])
    }
    return ContextExplanation(
      path: cleaned, isExcluded: verdict.isExcluded, isNeeded: verdict.isExcluded && cleaned == dockerfile,
      rule: verdict.rule.map { rules.rules[$0] }.map { ($0.text, rules.file, $0.line, $0.column) })
  }
}

extension ContextEntry {
  package var document: DocumentValue {
    var map: DocumentMap = ["path": .string(name)]
    switch kind {
    case .directory: map["type"] = "directory"
    case .file, .contents: map["type"] = "file"
    case .symbolicLink(let target):
      map["type"] = "link"
      map["target"] = .string(String(decoding: target, as: UTF8.self))
    }
    return .map(map)
  }
}
