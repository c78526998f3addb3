public import KilnDiagnostics
import Yams

/// Reads YAML text into `SpecNode`s, strictly: one document, keys that are text and stand once.
public struct YAMLReader: Sendable {
  /// Values that one file may expand to, aliases followed.
  static let valueLimit = 100_000

  let file: String

  /// - Parameter file: The name that places carry.
  public init(file: String) { self.file = file }

  /// The document's root, and every problem found; nil when there is nothing to go on with.
  public func read(_ text: String) -> (root: SpecNode?, problems: [Diagnostic]) {
    if text.unicodeScalars.allSatisfy({ $0.properties.isWhitespace || $0 == "\u{FEFF}" }) { return (nil, [empty]) }
    var problems: [Diagnostic] = []
    var text = text
    var doubled: [SourcePosition: String] = [:]
    while true {
      do {
        // Values stay text here, and every key is compared as text.
        guard let root = try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot() else {
          return (nil, [empty])
        }
        var builder = Builder(file: file, doubled: doubled)
        let node = builder.node(root)
        if builder.isExhausted {
          let place = SourceLocation(file: file, line: 1, column: 1)
          let message = "aliases expand to more than \(Self.valueLimit) values"
          return (
            nil,
            [
              Diagnostic(
                "spec.alias-limit", message, at: place, suggestion: "write the values out, or use fewer aliases")
            ]
          )
        }
        problems += builder.problems
        if node.isNull { return (nil, problems + [empty]) }
        return (node, problems)
      } catch let YamlError.duplicatedKeysInMapping(names, context) {
        // Yams stops at the first map with a key that stands twice. The first of the two is
        // renamed in place, so that reading goes on and finds whatever else is wrong.
        let place = SourcePosition(line: context.mark.line, column: context.mark.column)
        let name = names.first ?? ""
        guard doubled.count < 100, let renamed = Self.rename(name, at: place, in: text, number: doubled.count) else {
          let location = SourceLocation(file: file, position: place, length: name.unicodeScalars.count)
          return (nil, problems + [Diagnostic("spec.duplicate-key", "key \"\(name)\" stands twice", at: location)])
        }
        doubled[place] = name
        text = renamed
      } catch {
        return (nil, problems + [syntaxError(error)])
      }
    }
  }

  private var empty: Diagnostic {
    Diagnostic(
      "spec.empty", "the file is empty", at: SourceLocation(file: file),
      suggestion: "`kiln new` writes a commented spec")
  }

  private func syntaxError(_ error: any Error) -> Diagnostic {
    func diagnostic(_ problem: String, _ mark: Mark?) -> Diagnostic {
      let place = mark.map { SourceLocation(file: file, line: max(1, $0.line), column: max(1, $0.column)) }
      return Diagnostic("spec.syntax", "not YAML: \(problem)", at: place ?? SourceLocation(file: file))
    }
    switch error {
    case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
      YamlError.composer(_, let problem, let mark, _):
      return diagnostic(problem, mark)
    case YamlError.reader(let problem, _, _, _):
      return diagnostic(problem, nil)
    default:
      return diagnostic("\(error)", nil)
    }
  }

  /// `text` with the plain key `name` at `place` replaced by as many private-use characters; nil when
  /// something else stands there.
  private static func rename(_ name: String, at place: SourcePosition, in text: String, number: Int) -> String? {
    guard !name.isEmpty, let stand = Unicode.Scalar(UInt32(0xE000 + number)) else { return nil }
    var scalars = Array(text.unicodeScalars)
    var line = 1
    var start = 0
    while line < place.line {
      guard let next = scalars[start...].firstIndex(of: "\n") else { return nil }
      start = next + 1
      line += 1
    }
    let begin = start + place.column - 1
    let key = Array(name.unicodeScalars)
    guard begin >= 0, begin + key.count <= scalars.count, Array(scalars[begin..<begin + key.count]) == key
    else { return nil }
    scalars.replaceSubrange(begin..<begin + key.count, with: key.map { _ in stand })
    return String(String.UnicodeScalarView(scalars))
  }
}

/// Turns Yams' nodes into ours, counting what aliases expand to.
private struct Builder {
  let file: String
  /// Keys that were renamed because they stand again later in their map.
  let doubled: [SourcePosition: String]
  var problems: [Diagnostic] = []
  private var count = 0
  var isExhausted: Bool { count > YAMLReader.valueLimit }

  init(file: String, doubled: [SourcePosition: String]) {
    self.file = file
    self.doubled = doubled
  }

  private func position(_ mark: Mark?) -> SourcePosition {
    SourcePosition(line: max(1, mark?.line ?? 1), column: max(1, mark?.column ?? 1))
  }

  mutating func node(_ node: Node) -> SpecNode {
    count += 1
    let place = position(node.mark)
    func location(_ length: Int) -> SourceLocation { SourceLocation(file: file, position: place, length: length) }
    switch node {
    case .scalar(let scalar):
      let isPlain = scalar.style == .plain || scalar.style == .any
      let firstLine = scalar.string.unicodeScalars.prefix { $0 != "\n" }.count
      let isBlock = scalar.style == .literal || scalar.style == .folded
      return SpecNode(
        .scalar(.init(text: scalar.string, isPlain: isPlain)), at: location(isBlock ? 1 : firstLine + (isPlain ? 0 : 2))
      )
    case .sequence(let sequence):
      var items: [SpecNode] = []
      for item in sequence where !isExhausted { items.append(self.node(item)) }
      return SpecNode(.list(items), at: location(1))
    case .mapping(let mapping):
      var entries: [SpecNode.Entry] = []
      for (key, value) in mapping where !isExhausted { entry(key, value, into: &entries) }
      reportDoubled(&entries)
      return SpecNode(.map(entries), at: location(1))
    case .alias:
      return SpecNode(.scalar(.init(text: "", isPlain: true)), at: location(1))
    }
  }

  private mutating func entry(_ key: Node, _ value: Node, into entries: inout [SpecNode.Entry]) {
    let place = position(key.mark)
    guard case .scalar(let scalar) = key else {
      let location = SourceLocation(file: file, position: place)
      problems.append(Diagnostic("spec.wrong-type", "a key must be text", at: location))
      return
    }
    if scalar.string == "<<", scalar.style == .plain {
      let location = SourceLocation(file: file, position: place, length: 2)
      problems.append(
        Diagnostic(
          "spec.merge-key", "merge keys (<<) are not read", at: location,
          suggestion: "put what is shared into a profile and name it with `profile:`"))
      return
    }
    let length = scalar.string.unicodeScalars.count + (scalar.style == .plain ? 0 : 2)
    let location = SourceLocation(file: file, position: place, length: length)
    entries.append(.init(key: scalar.string, keyLocation: location, value: node(value)))
  }

  private mutating func reportDoubled(_ entries: inout [SpecNode.Entry]) {
    for earlier in entries {
      guard let position = earlier.keyLocation.position, let name = doubled[position] else { continue }
      entries.removeAll { $0.keyLocation == earlier.keyLocation }
      let later = entries.first { $0.key == name } ?? earlier
      problems.append(
        Diagnostic(
          "spec.duplicate-key", "key \"\(name)\" stands twice", at: later.keyLocation,
          suggestion: "keep one of the two", notes: [.init("it stands here first", at: earlier.keyLocation)]))
    }
  }
}
