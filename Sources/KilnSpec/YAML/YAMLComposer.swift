import KilnDiagnostics

/// Makes `SpecNode`s of events, without recursion: a document's depth costs memory, not stack.
struct YAMLComposer {
  /// What a file may hold; each limit is far above what a person writes.
  struct Limits {
    /// Values, aliases followed: a few anchors that name each other expand to billions.
    ///
    /// Of a text each 32 bytes count as a value: it is looked at wherever an alias repeats it.
    var values = 100_000
    /// Lists and maps inside each other: what reads the tree later goes down by recursion.
    var depth = 100
  }

  enum Failure: Error {
    case syntax(YAMLSyntaxError)
    case empty
    case severalDocuments(SourcePosition)
    case tooManyValues(SourcePosition)
    case tooDeep(SourcePosition)
    case unknownAlias(String, SourcePosition)
  }

  let file: String
  let limits: Limits
  private let standIns: [Unicode.Scalar: Unicode.Scalar]
  private(set) var problems: [Diagnostic] = []
  /// Whether values were repeated: then their number is not the file's own.
  private(set) var hasAliases = false
  /// Where quoted scalars are, in a text with stand-ins.
  private(set) var quoted: [Range<SourcePosition>] = []

  private var frames: [Frame] = []
  private var anchors: [String: Anchored] = [:]
  private var count = 0
  private var root: SpecNode?

  /// - Parameter standIns: What characters of private use stand for.
  init(file: String, limits: Limits = Limits(), standIns: [Unicode.Scalar: Unicode.Scalar] = [:]) {
    self.file = file
    self.limits = limits
    self.standIns = standIns
  }

  /// A node that aliases may name, and how many values it stands for.
  private struct Anchored {
    let node: SpecNode
    let values: Int
    /// Lists and maps inside each other.
    let height: Int
  }

  /// A list or a map that is not at its end.
  private struct Frame {
    enum Kind { case list, map }

    enum Key {
      case text(String, SourceLocation)
      /// What is no key: its value is read and left out.
      case refused
    }

    let kind: Kind
    var items: [SpecNode] = []
    var entries: [SpecNode.Entry] = []
    /// Of a map: the key whose value comes next.
    var key: Key?
    let location: SourceLocation
    let anchor: String?
    /// Values that were read before it.
    let before: Int
    /// Lists and maps inside each other, itself one.
    var height = 1
    /// Where a key stood first; kept from the twelfth key on, since a file may have 20,000 of them, and most maps have few.
    var places: [String: Int] = [:]
    private static let indexedFrom = 12

    /// Of two equal keys the later one stays, so that what is below it is checked too.
    mutating func add(_ entry: SpecNode.Entry) -> Diagnostic? {
      guard let first = place(of: entry.key) else {
        if entries.isEmpty { entries.reserveCapacity(4) }
        entries.append(entry)
        if entries.count > Self.indexedFrom { places[entry.key] = entries.count - 1 }
        return nil
      }
      defer { entries[first] = entry }
      return Diagnostic(
        "spec.duplicate-key", "key \"\(entry.key)\" is given twice", at: entry.keyLocation,
        suggestion: "keep one of the two", notes: [.init("it is given here first", at: entries[first].keyLocation)])
    }

    private func place(of key: String) -> Int? {
      entries.prefix(Self.indexedFrom).firstIndex { $0.key == key } ?? (places.isEmpty ? nil : places[key])
    }
  }

  /// The one document of `text`.
  /// - Throws: `Failure`; `problems` holds what else is wrong with a document that can be read.
  mutating func compose(_ text: String) throws(Failure) -> SpecNode {
    let parser = YAMLParser(text)
    var documents = 0
    while true {
      let event: YAMLEvent
      do { event = try parser.next() } catch {
        // libyaml has a limit of its own, which lists and maps in brackets meet before they are events.
        if error.problem.hasPrefix("Maximum nesting level") {
          throw .tooDeep(error.position ?? SourcePosition(line: 1, column: 1))
        }
        throw .syntax(error)
      }
      if event.tag != nil { problems.append(tagProblem(event)) }
      switch event.kind {
      case .streamEnd:
        guard let root else { throw .empty }
        return root
      case .documentStart:
        documents += 1
        if documents > 1 { throw .severalDocuments(event.position) }
      case .documentEnd: break
      case .scalar(let read, let isPlain, let isQuoted):
        let isBlock = !isQuoted && !isPlain
        var text = read
        if !standIns.isEmpty {
          text = String(String.UnicodeScalarView(read.unicodeScalars.map { standIns[$0] ?? $0 }))
          if isQuoted { quoted.append(event.position..<event.end) }
        }
        let firstLine = text.unicodeScalars.prefix { $0 != "\n" }.count
        let location = SourceLocation(
          file: file, position: event.position, length: isBlock ? 1 : firstLine + (isPlain ? 0 : 2))
        if text.utf8.contains(0) { problems.append(nulProblem(location)) }
        let before = count
        try add(
          SpecNode(.scalar(.init(text: text, isPlain: isPlain)), at: location), values: 1 + text.utf8.count / 32, event,
          isKeyMerge: text == "<<" && isPlain)
        if let anchor = event.anchor {
          anchors[anchor] = Anchored(node: last ?? SpecNode(.list([]), at: location), values: count - before, height: 0)
        }
      case .alias(let name):
        guard let anchored = anchors[name] else { throw .unknownAlias(name, event.position) }
        hasAliases = true
        if frames.count + anchored.height > limits.depth { throw .tooDeep(event.position) }
        try add(anchored.node, values: anchored.values, height: anchored.height, event)
      case .listStart: try open(.list, event)
      case .mapStart: try open(.map, event)
      case .listEnd, .mapEnd: try close(event)
      }
    }
  }

  private var last: SpecNode?

  private mutating func open(_ kind: Frame.Kind, _ event: YAMLEvent) throws(Failure) {
    guard frames.count < limits.depth else { throw .tooDeep(event.position) }
    frames.append(
      Frame(
        kind: kind, location: SourceLocation(file: file, position: event.position), anchor: event.anchor,
        before: count))
  }

  private mutating func close(_ event: YAMLEvent) throws(Failure) {
    guard let frame = frames.popLast() else { return }
    let node = SpecNode(frame.kind == .list ? .list(frame.items) : .map(frame.entries), at: frame.location)
    let values = count - frame.before + 1
    if let anchor = frame.anchor { anchors[anchor] = Anchored(node: node, values: values, height: frame.height) }
    try add(node, values: 1, height: frame.height, event)
  }

  private func tagProblem(_ event: YAMLEvent) -> Diagnostic {
    Diagnostic(
      "spec.tag", "tags are not read", at: SourceLocation(file: file, position: event.position),
      suggestion: "leave the tag out; quote a value that is text")
  }

  private func nulProblem(_ location: SourceLocation) -> Diagnostic {
    Diagnostic(
      "spec.character", "U+0000 is not allowed in a spec", at: location,
      suggestion: "remove it: no path, variable or argument can hold it")
  }

  /// Puts a whole value where it belongs.
  private mutating func add(
    _ node: SpecNode, values: Int, height: Int = 0, _ event: YAMLEvent, isKeyMerge: Bool = false
  ) throws(Failure) {
    count += values
    if count > limits.values { throw .tooManyValues(event.position) }
    last = node
    guard let index = frames.indices.last else {
      root = node
      return
    }
    frames[index].height = max(frames[index].height, height + 1)
    switch (frames[index].kind, frames[index].key) {
    case (.list, _): frames[index].items.append(node)
    case (.map, nil): frames[index].key = key(node, isMerge: isKeyMerge)
    case (.map, let key?):
      frames[index].key = nil
      guard case .text(let name, let location) = key else { return }
      let entry = SpecNode.Entry(key: name, keyLocation: location, value: node)
      if let problem = frames[index].add(entry) { problems.append(problem) }
    }
  }

  private mutating func key(_ node: SpecNode, isMerge: Bool) -> Frame.Key {
    guard let scalar = node.scalar else {
      problems.append(
        Diagnostic(
          "spec.wrong-type", "a key must be text",
          at: SourceLocation(file: file, position: node.location.position),
          suggestion: node.entries == nil ? nil : "text that begins with {{ is quoted: \"{{customer}}\""))
      return .refused
    }
    if isMerge {
      problems.append(
        Diagnostic(
          "spec.merge-key", "merge keys (<<) are not read", at: node.location,
          suggestion: "put what is shared into a profile and name it with `profile:`"))
      return .refused
    }
    return .text(scalar.text, node.location)
  }
}
