/// A Mustache template for text files: variables, sections, inverted sections and comments, no HTML escapes.
///
/// Follows mustache(5) and its rule for tags that stand alone on a line. Partials and other delimiters are refused: a
/// template is one file. Parsed into a flat list and rendered without recursion, so that no template can exhaust the stack.
public struct MustacheTemplate: Sendable {
  /// A value that a template is filled with.
  public enum Value: Sendable, Equatable {
    case text(String)
    case boolean(Bool)
    case list([Value])
    /// Names and values, looked up before those outside the section.
    case map([String: Value])
  }

  public struct Failure: Error, Equatable, Sendable {
    /// From 1; nil where rendering failed.
    public let line: Int?
    public let message: String

    public init(line: Int?, message: String) {
      self.line = line
      self.message = message
    }
  }

  private enum Part: Sendable {
    case text(String)
    case variable(String, line: Int)
    /// `end` is the index of the part that ends it.
    case section(String, isInverted: Bool, end: Int, line: Int)
    case end(start: Int)
  }

  /// Sections inside each other: more than any file needs.
  static let depthLimit = 32
  /// Bytes that one file may have.
  static let sizeLimit = 16 << 20
  /// Parts that are rendered: sections over lists inside each other multiply, with or without text in them.
  static let stepLimit = 1_000_000

  private var parts: [Part] = []

  /// - Throws: `Failure` with the line.
  public init(_ text: String) throws(Failure) {
    var open: [Int] = []
    var rest = text.utf8[...]
    var line = 1
    /// Whether nothing but blanks stands before `rest` on its line.
    var isLineStart = true
    while let tagStart = Self.find("{{", in: rest) {
      var before = rest[..<tagStart]
      line += before.count { $0 == UInt8(ascii: "\n") }
      var inner = rest[tagStart...].dropFirst(2)
      let isTriple = inner.first == UInt8(ascii: "{")
      if isTriple { inner = inner.dropFirst() }
      let close = isTriple ? "}}}" : "}}"
      guard let tagEnd = Self.find(close, in: inner) else { throw Failure(line: line, message: "{{ without }}") }
      let content = String(inner[..<tagEnd]) ?? ""
      rest = inner[tagEnd...].dropFirst(close.utf8.count)
      let lineBegin = before.lastIndex(of: UInt8(ascii: "\n")).map { before.index(after: $0) }
      let indent = before[(lineBegin ?? before.startIndex)...]
      let isAlone = (lineBegin != nil || isLineStart) && indent.allSatisfy { $0 == 0x20 || $0 == 0x09 }
      let kind = isTriple ? nil : content.unicodeScalars.first
      if let kind, "#^/!".unicodeScalars.contains(kind), isAlone, let after = Self.afterBlankLine(rest) {
        before = before[..<indent.startIndex]
        rest = after
        isLineStart = true
      } else {
        isLineStart = false
      }
      if !before.isEmpty { parts.append(.text(String(before) ?? "")) }
      let name = Self.trimmed(
        kind.map { "#^/!&>=".unicodeScalars.contains($0) } == true ? String(content.dropFirst()) : content)
      switch kind {
      case "!": break
      case ">", "=": throw Failure(line: line, message: "{{\(content)}} is not supported")
      case "#", "^":
        guard !name.isEmpty else { throw Failure(line: line, message: "a section without a name") }
        guard open.count < Self.depthLimit else {
          throw Failure(line: line, message: "more than \(Self.depthLimit) sections inside each other")
        }
        open.append(parts.count)
        parts.append(.section(name, isInverted: kind == "^", end: 0, line: line))
      case "/":
        guard let start = open.popLast(), case .section(let opened, let isInverted, _, let at) = parts[start],
          opened == name
        else { throw Failure(line: line, message: "{{/\(name)}} ends no section that is open here") }
        parts[start] = .section(opened, isInverted: isInverted, end: parts.count, line: at)
        parts.append(.end(start: start))
      default:
        guard !name.isEmpty else { throw Failure(line: line, message: "a tag without a name") }
        parts.append(.variable(name, line: line))
      }
      line += content.utf8.count { $0 == UInt8(ascii: "\n") }
      if isLineStart { line += 1 }
    }
    if let start = open.last, case .section(let name, _, _, let line) = parts[start] {
      throw Failure(line: line, message: "the section \(name) has no end")
    }
    if !rest.isEmpty { parts.append(.text(String(rest) ?? "")) }
  }

  /// The text with `values` filled in.
  /// - Throws: `Failure` for a name that is nowhere, a list where text belongs, and text without measure.
  public func render(_ values: [String: Value]) throws(Failure) -> String {
    var steps = 0
    return try render(values, steps: &steps)
  }

  /// - Parameter steps: Gets the parts that were rendered, with or without text in them, in addition.
  public func render(_ values: [String: Value], steps total: inout Int) throws(Failure) -> String {
    /// A section that is being repeated.
    struct Loop {
      let start: Int
      let items: [Value]
      var next: Int
    }
    var scopes: [Value] = [.map(values)]
    var loops: [Loop] = []
    var output = ""
    var index = 0
    var steps = 0
    defer { total += steps }
    while index < parts.count {
      steps += 1
      if steps > Self.stepLimit {
        throw Failure(line: nil, message: "its sections repeat more than \(Self.stepLimit) times")
      }
      switch parts[index] {
      case .text(let text): output += text
      case .variable(let name, let line):
        switch Self.look(up: name, in: scopes) {
        case .text(let text): output += text
        case .boolean(let value): output += String(value)
        case .list, .map: throw Failure(line: line, message: "{{\(name)}} is no text; use {{#\(name)}}")
        case nil: throw Failure(line: line, message: "there is no value \"\(name)\"")
        }
      case .section(let name, let isInverted, let end, let line):
        guard let value = Self.look(up: name, in: scopes) else {
          throw Failure(line: line, message: "there is no value \"\(name)\"")
        }
        let items = Self.items(of: value)
        if isInverted ? !items.isEmpty : items.isEmpty {
          index = end
        } else {
          let items = isInverted ? [scopes[scopes.count - 1]] : items
          loops.append(Loop(start: index, items: items, next: 1))
          scopes.append(items[0])
        }
      case .end(let start):
        scopes.removeLast()
        let last = loops.count - 1
        if loops[last].next < loops[last].items.count {
          scopes.append(loops[last].items[loops[last].next])
          loops[last].next += 1
          index = start
        } else {
          loops.removeLast()
        }
      }
      if output.utf8.count > Self.sizeLimit {
        throw Failure(line: nil, message: "the file would be larger than \(Self.sizeLimit >> 20) MiB")
      }
      index += 1
    }
    return output
  }

  private static func items(of value: Value) -> [Value] {
    switch value {
    case .list(let items): items
    case .boolean(let isTrue): isTrue ? [value] : []
    case .text(let text): text.isEmpty ? [] : [value]
    case .map: [value]
    }
  }

  private static func look(up name: String, in scopes: [Value]) -> Value? {
    if name == "." { return scopes.last }
    for scope in scopes.reversed() {
      if case .map(let values) = scope, let value = values[name] { return value }
    }
    return nil
  }

  private static func find(_ needle: String, in text: Substring.UTF8View) -> Substring.UTF8View.Index? {
    let needle = Array(needle.utf8)
    var from = text[...]
    while let first = from.firstIndex(of: needle[0]) {
      if from[first...].starts(with: needle) { return first }
      from = from[from.index(after: first)...]
    }
    return nil
  }

  /// What follows a line of blanks; nil where something else stands on it.
  private static func afterBlankLine(_ text: Substring.UTF8View) -> Substring.UTF8View? {
    let rest = text.drop { $0 == 0x20 || $0 == 0x09 }
    if rest.isEmpty { return rest }
    if rest.first == 0x0A { return rest.dropFirst() }
    if rest.starts(with: [0x0D, 0x0A]) { return rest.dropFirst(2) }
    return nil
  }

  private static func trimmed(_ text: String) -> String {
    let blanks: Set<Unicode.Scalar> = [" ", "\t", "\n", "\r"]
    let scalars = text.unicodeScalars.drop { blanks.contains($0) }
    return String(Substring.UnicodeScalarView(scalars.reversed().drop { blanks.contains($0) }.reversed().map { $0 }))
  }
}
