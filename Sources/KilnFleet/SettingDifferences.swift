import KilnDiagnostics
import KilnSpec

extension Difference {
  /// Every value that differs, by its path after `subject`. A list of plain values is one value.
  static func between(
    _ old: [SpecSetting], _ new: [SpecSetting], _ subject: String, separator: String = "."
  ) -> [Difference] {
    let (before, after) = (ComparedValues(old), ComparedValues(new))
    return (after.order + before.order.filter { after[$0] == nil }).compactMap { path in
      let name = path.steps.isEmpty ? subject : "\(subject)\(separator)\(path)"
      switch (before[path], after[path]) {
      case (let old?, let new?):
        if old == new { return nil }
        let (was, becomes) = Excerpt.pair(old.text, new.text)
        return Difference(name, was, becomes, members: new.members(since: old), at: new.location(since: old))
      case (nil, let new?):
        // A map that is no longer empty is seen by what it has.
        if new.isEmptyMap, before.hasValues(below: path) { return nil }
        return Difference(name, nil, Excerpt.of(new.text), at: new.location(since: nil))
      case (let old?, nil):
        if old.isEmptyMap, after.hasValues(below: path) { return nil }
        return Difference(name, Excerpt.of(old.text), nil, at: old.location(since: nil))
      case (nil, nil): return nil
      }
    }
  }
}

/// Settings by their paths, the members of a list of plain values together.
private struct ComparedValues {
  private(set) var order: [SpecPath] = []
  private var values: [SpecPath: ComparedValue] = [:]

  init(_ settings: [SpecSetting]) {
    for setting in settings {
      var path = setting.path
      let isMember = if case .index = path.steps.last { true } else { setting.value == .emptyList }
      if isMember, setting.value != .emptyList { path = SpecPath(Array(path.steps.dropLast())) }
      if values[path] == nil { order.append(path) }
      values[path, default: ComparedValue(isList: isMember)].settings.append(setting)
    }
  }

  subscript(path: SpecPath) -> ComparedValue? { values[path] }

  func hasValues(below path: SpecPath) -> Bool { order.contains { $0 != path && $0.hasPrefix(path) } }
}

/// A scalar, or a list of them. Values are equal that read the same, wherever they are.
private struct ComparedValue: Equatable {
  let isList: Bool
  var settings: [SpecSetting] = []

  init(isList: Bool) { self.isList = isList }

  static func == (one: Self, other: Self) -> Bool { one.isList == other.isList && one.texts == other.texts }

  private var texts: [String] { settings.filter { $0.value != .emptyList }.map(\.value.text) }
  var isEmptyMap: Bool { settings.first?.value == .emptyMap }

  /// On one line, as in `[mysql, redis]`.
  var text: String {
    let text = isList ? "[\(texts.joined(separator: ", "))]" : texts.joined()
    return text.split(separator: "\n").joined(separator: " ")
  }

  /// `+redis -gd`, for lists that differ in members and not in their order alone.
  func members(since old: ComparedValue) -> String? {
    guard isList, old.isList else { return nil }
    let added = texts.filter { !old.texts.contains($0) }
    let removed = old.texts.filter { !texts.contains($0) }
    if added.isEmpty && removed.isEmpty { return nil }
    return (added.map { "+\($0)" } + removed.map { "-\($0)" }).joined(separator: " ")
  }

  /// Of the first member that is new, or of the whole.
  func location(since old: ComparedValue?) -> SourceLocation? {
    let new = isList ? settings.first { setting in old.map { !$0.texts.contains(setting.value.text) } ?? false } : nil
    return (new ?? settings.first)?.location
  }
}

/// What a line of a report shows of a long value.
enum Excerpt {
  private static let limit = 80
  /// What is shown before the first character that differs.
  private static let lead = 20

  static func of(_ text: some StringProtocol) -> String {
    text.count > limit ? text.prefix(limit - 1) + "…" : String(text)
  }

  /// Of two values that differ, what shows how.
  static func pair(_ old: String, _ new: String) -> (String, String) {
    let (was, becomes) = (of(old), of(new))
    if was != becomes { return (was, becomes) }
    let same = zip(old, new).prefix { $0 == $1 }.count
    func part(_ text: String) -> String { "…" + of(text.dropFirst(max(0, same - lead))) }
    return (part(old), part(new))
  }
}
