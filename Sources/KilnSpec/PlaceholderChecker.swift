import KilnDiagnostics

/// Finds `{{name}}`s that are no parameter when a definition is loaded.
struct PlaceholderChecker {
  private let parameters: [String: ParameterDefinition]
  private let names: [String]

  init(parameters: [ParameterDefinition]) {
    names = parameters.map(\.name)
    self.parameters = Dictionary(parameters.map { ($0.name, $0) }) { first, _ in first }
  }

  func problems(steps: [SpecNode]) -> [Diagnostic] {
    steps.flatMap { step -> [Diagnostic] in
      var found: [Diagnostic] = []
      var bound: [String] = []
      for key in ["each", "when"] {
        guard let node = step[key], let name = node.scalar?.text else { continue }
        guard let parameter = parameters[name] else {
          found.append(unknown(name, at: node.location))
          continue
        }
        guard key == "each" else { continue }
        switch parameter.kind {
        case .list: bound = ["item"]
        case .map: bound = ["key", "value"]
        default:
          let message = "each: \(name) is of type \(parameter.kind.rawValue)"
          found.append(Diagnostic("catalog.each", message, at: node.location, suggestion: "name a list or a map"))
        }
      }
      found += stepProblems(step)
      return found + (step.entries ?? []).flatMap { problems(in: $0.value, bound: bound) }
    }
  }

  /// A step that one side could not carry out must say so.
  private func stepProblems(_ step: SpecNode) -> [Diagnostic] {
    let only = step["only"]?.scalar?.text
    if let run = step.entry("run"), run.value["creates"] == nil, only != "container" {
      return [
        Diagnostic(
          "catalog.run-creates", "a script without `creates` would run again and again on a machine",
          at: run.keyLocation,
          suggestion: "say what it creates, or `only: container`")
      ]
    }
    if let service = step.entry("service"), service.value["command"] == nil, only != "machine" {
      return [
        Diagnostic(
          "catalog.service-command", "a service without `command` cannot run in a container", at: service.keyLocation,
          suggestion: "give the command that runs in the foreground, or `only: machine`")
      ]
    }
    return []
  }

  func problems(in node: SpecNode, bound: [String]) -> [Diagnostic] {
    switch node.content {
    case .list(let items): return items.flatMap { problems(in: $0, bound: bound) }
    case .map(let entries):
      return entries.flatMap { entry in
        Placeholder.names(in: entry.key).compactMap { problem($0, bound, at: entry.keyLocation) }
          + problems(in: entry.value, bound: bound)
      }
    case .scalar(let scalar):
      return Placeholder.names(in: scalar.text).compactMap { problem($0, bound, at: node.location) }
    }
  }

  private func problem(_ name: String, _ bound: [String], at location: SourceLocation) -> Diagnostic? {
    if bound.contains(name) { return nil }
    guard let parameter = parameters[name] else { return unknown(name, at: location) }
    switch parameter.kind {
    case .string, .integer: return nil
    case .boolean, .list, .map:
      let message = "{{\(name)}} is of type \(parameter.kind.rawValue), which is no text"
      return Diagnostic(
        "catalog.placeholder-type", message, at: location, suggestion: "use `each`, `when` or a Mustache template")
    }
  }

  private func unknown(_ name: String, at location: SourceLocation) -> Diagnostic {
    let near = nearest(to: name, among: names.prefix(UseChecker.nearLimit))
    return Diagnostic(
      "catalog.unknown-placeholder", "\"\(name)\" is no parameter of this file", at: location,
      suggestion: near.map { "did you mean \"\($0)\"?" })
  }
}

/// `{{name}}` in a definition's text.
public enum Placeholder {
  /// The names between `{{` and `}}`, trimmed, in order.
  public static func names(in text: String) -> [String] {
    guard text.utf8.contains(UInt8(ascii: "{")) else { return [] }
    return parts(of: text).compactMap { if case .name(let name, _) = $0 { name } else { nil } }
  }

  /// `text` with every placeholder replaced; a name without a value stays as it is written.
  ///
  /// - Parameter limit: How many bytes the result may have; nil is the answer for more.
  public static func substitute(_ text: String, limit: Int = .max, _ value: (String) -> String?) -> String? {
    guard text.utf8.contains(UInt8(ascii: "{")) else { return text.utf8.count <= limit ? text : nil }
    var result = ""
    for part in parts(of: text) {
      switch part {
      case .text(let text): result += text
      case .name(let name, let written): result += value(name) ?? written
      }
      if result.utf8.count > limit { return nil }
    }
    return result
  }

  private enum Part {
    case text(String)
    /// With the whole placeholder, braces and blanks.
    case name(String, written: String)
  }

  private static func parts(of text: String) -> [Part] {
    var parts: [Part] = []
    var text = text
    text.withUTF8 { bytes in
      func pair(_ byte: UInt8, from start: Int) -> Int? {
        var at = start
        while at + 1 < bytes.count {
          if bytes[at] == byte, bytes[at + 1] == byte { return at }
          at += 1
        }
        return nil
      }
      func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
      let space = UInt8(ascii: " ")
      var start = 0
      while let open = pair(UInt8(ascii: "{"), from: start), let close = pair(UInt8(ascii: "}"), from: open + 2) {
        parts.append(.text(string(start..<open)))
        var name = open + 2..<close
        while let first = name.first, bytes[first] == space { name.removeFirst() }
        while let last = name.last, bytes[last] == space { name.removeLast() }
        parts.append(.name(string(name), written: string(open..<close + 2)))
        start = close + 2
      }
      parts.append(.text(string(start..<bytes.count)))
    }
    return parts
  }
}
