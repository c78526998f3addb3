public import KilnDiagnostics
import KilnDocuments

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
