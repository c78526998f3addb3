/// `{add: […], remove: […]}` where a list belongs: it changes the list of the profile beneath.
struct ListChange {
  static let keys = ["add", "remove"]
  /// What to write, for messages.
  static let form = "{add: […], remove: […]}"

  let entries: [SpecNode.Entry]

  /// Nil for anything else than a map of these keys.
  init?(_ node: SpecNode) {
    guard let entries = node.entries, !entries.isEmpty, entries.allSatisfy({ Self.keys.contains($0.key) }) else {
      return nil
    }
    self.entries = entries
  }

  /// No key that has a map takes maps of lists, so such a change stands for a list also where no list is beneath.
  var isOfLists: Bool { entries.allSatisfy { $0.value.items != nil } }

  var added: [SpecNode] { items("add") }
  var removed: [SpecNode] { items("remove") }

  private func items(_ key: String) -> [SpecNode] { entries.first { $0.key == key }?.value.items ?? [] }
}

/// A value without its place: what makes two entries of lists the same.
indirect enum PlainValue: Hashable {
  case scalar(String)
  case list([PlainValue])
  case map([String: PlainValue])

  init(_ node: SpecNode) {
    switch node.content {
    case .scalar(let scalar): self = .scalar(scalar.text)
    case .list(let items): self = .list(items.map(PlainValue.init))
    case .map(let entries):
      self = .map(Dictionary(entries.map { ($0.key, PlainValue($0.value)) }) { first, _ in first })
    }
  }
}
