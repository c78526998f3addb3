public import KilnDiagnostics
import KilnDocuments
import KilnPlan
import KilnSpec

/// One thing that differs between two plans, and the place that says it.
public struct Difference: Sendable, Hashable {
  /// As in `php version` or `app.port`.
  public let subject: String
  /// Nil where there was none.
  public let old: String?
  /// Nil where there is none any more.
  public let new: String?
  /// Of a list, what came and went, as in `+redis -gd`; nil for other values.
  public let members: String?
  /// Where the new value stands, or the old one where there is no new one.
  public let location: SourceLocation?

  init(_ subject: String, _ old: String?, _ new: String?, members: String? = nil, at location: SourceLocation?) {
    self.members = members
    self.subject = subject
    self.old = old
    self.new = new
    self.location = location
  }

  /// `profiles/lamp.yaml:14`; a place in the older version says so.
  public var place: String? {
    location.map { location in
      let line = location.position.map { ":\($0.line)" } ?? ""
      return "\(location.file)\(line)\(new == nil && old != nil ? " before" : "")"
    }
  }

  /// `php version 8.2 → 8.3`.
  public var change: String {
    if let members { return "\(subject) \(members)" }
    switch (old, new) {
    case (let old?, let new?): return "\(subject) \(old) → \(new)"
    case (nil, let new?): return new.isEmpty ? "\(subject) added" : "\(subject) \(new) added"
    case (let old?, nil): return old.isEmpty ? "\(subject) removed" : "\(subject) \(old) removed"
    case (nil, nil): return subject
    }
  }

  /// `php version 8.2 → 8.3, profiles/lamp.yaml:14`.
  public var text: String { place.map { "\(change), \($0)" } ?? change }

  var document: DocumentValue {
    [
      "subject": .string(subject), "old": old.map { .string($0) } ?? .null, "new": new.map { .string($0) } ?? .null,
      "members": members.map { .string($0) } ?? .null, "place": place.map { .string($0) } ?? .null,
      "text": .string(text),
    ]
  }
}

extension SpecNode {
  /// On one line, as in `[mysql, redis]`, cut where it is long.
  var shown: String {
    let text: String
    switch content {
    case .scalar(let scalar): text = scalar.text.split(separator: "\n").joined(separator: " ")
    case .list(let items): text = "[" + items.map(\.shown).joined(separator: ", ") + "]"
    case .map(let entries): text = "{" + entries.map { "\($0.key): \($0.value.shown)" }.joined(separator: ", ") + "}"
    }
    return text.count > 80 ? text.prefix(79) + "…" : text
  }

  /// Equal values, wherever they stand and in whatever order their keys are.
  func hasSameValue(as other: SpecNode) -> Bool {
    switch (content, other.content) {
    case (.scalar(let one), .scalar(let two)): return one.text == two.text && boolean == other.boolean
    case (.list(let one), .list(let two)):
      return one.count == two.count && zip(one, two).allSatisfy { $0.hasSameValue(as: $1) }
    case (.map(let one), .map(let two)):
      return one.count == two.count
        && one.allSatisfy { entry in other[entry.key].map { entry.value.hasSameValue(as: $0) } ?? false }
    default: return false
    }
  }

  /// Every value that differs, by its path from `path`.
  static func differences(_ old: SpecNode?, _ new: SpecNode?, _ path: String) -> [Difference] {
    if let old, let new {
      if old.hasSameValue(as: new) { return [] }
      if let before = old.entries, let after = new.entries {
        let keys = after.map(\.key) + before.map(\.key).filter { new[$0] == nil }
        return keys.flatMap { differences(old[$0], new[$0], path.isEmpty ? $0 : "\(path).\($0)") }
      }
      return [Difference(path, old.shown, new.shown, members: items(old, new), at: new.location)]
    }
    return new.map { [Difference(path, nil, $0.shown, at: $0.location)] }
      ?? old.map { [Difference(path, $0.shown, nil, at: $0.location)] } ?? []
  }

  /// `+redis -gd`, for lists of plain values that differ in members and not in their order alone.
  static func items(_ old: SpecNode, _ new: SpecNode) -> String? {
    guard let before = old.items?.map({ $0.scalar?.text }), let after = new.items?.map({ $0.scalar?.text }),
      !before.contains(nil), !after.contains(nil)
    else { return nil }
    let added = after.compactMap { $0 }.filter { !before.contains($0) }
    let removed = before.compactMap { $0 }.filter { !after.contains($0) }
    if added.isEmpty && removed.isEmpty { return nil }
    return (added.map { "+\($0)" } + removed.map { "-\($0)" }).joined(separator: " ")
  }
}
