public import KilnDiagnostics

/// One value of a spec with the place that sets it: a scalar, or a list or a map without members.
public struct SpecSetting: Sendable, Hashable {
  public enum Value: Sendable, Hashable {
    case text(String)
    case integer(Int)
    case decimal(Double)
    case boolean(Bool)
    case emptyList, emptyMap
  }

  public let path: SpecPath
  public let value: Value
  public let location: SourceLocation

  public init(_ path: SpecPath, _ value: Value, at location: SourceLocation) {
    self.path = path
    self.value = value
    self.location = location
  }
}

/// The keys that lead to a value, as in `app.install[0]`.
public struct SpecPath: Sendable, Hashable, Comparable, CustomStringConvertible {
  public enum Step: Sendable, Hashable {
    case key(String)
    case index(Int)
  }

  public let steps: [Step]

  public init(_ steps: [Step] = []) { self.steps = steps }
  public init(keys: String...) { self.init(keys.map(Step.key)) }

  public func appending(_ step: Step) -> SpecPath { SpecPath(steps + [step]) }

  public func hasPrefix(_ prefix: SpecPath) -> Bool { steps.starts(with: prefix.steps) }

  /// The same from below `prefix`; nil for a path that is elsewhere.
  public func below(_ prefix: SpecPath) -> SpecPath? {
    hasPrefix(prefix) ? SpecPath(Array(steps.dropFirst(prefix.steps.count))) : nil
  }

  public var description: String {
    var text = ""
    for step in steps {
      switch step {
      case .key(let key): text += text.isEmpty ? key : ".\(key)"
      case .index(let index): text += "[\(index)]"
      }
    }
    return text
  }

  public static func < (one: Self, other: Self) -> Bool {
    for (a, b) in zip(one.steps, other.steps) where a != b {
      switch (a, b) {
      case (.key(let a), .key(let b)): return a.utf8.lexicographicallyPrecedes(b.utf8)
      case (.index(let a), .index(let b)): return a < b
      case (.index, .key): return true
      case (.key, .index): return false
      }
    }
    return one.steps.count < other.steps.count
  }
}

extension SpecSetting.Value {
  /// As YAML reads it, where that keeps every character: `0755` and `3.10` stay text.
  public init(_ node: SpecNode) {
    switch node.content {
    case .list: self = .emptyList
    case .map: self = .emptyMap
    case .scalar(let scalar):
      if let boolean = node.boolean {
        self = .boolean(boolean)
      } else if let integer = node.integer, String(integer) == scalar.text {
        self = .integer(integer)
      } else if let decimal = node.decimal, String(decimal) == scalar.text {
        self = .decimal(decimal)
      } else {
        self = .text(scalar.text)
      }
    }
  }

  /// The value in words that a spec could hold; text, numbers and booleans that read the same have the same.
  public var text: String {
    switch self {
    case .text(let text): text
    case .integer(let integer): String(integer)
    case .decimal(let decimal): String(decimal)
    case .boolean(let boolean): String(boolean)
    case .emptyList: "[]"
    case .emptyMap: "{}"
    }
  }
}

extension SpecNode {
  /// Every value of the tree, in its order.
  public var settings: [SpecSetting] {
    var settings: [SpecSetting] = []
    collect(into: &settings, SpecPath(), isSorted: false)
    return settings
  }

  fileprivate func collect(into settings: inout [SpecSetting], _ path: SpecPath, isSorted: Bool) {
    switch content {
    case .map(var entries) where !entries.isEmpty:
      if isSorted { entries.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) } }
      for entry in entries {
        entry.value.collect(into: &settings, path.appending(.key(entry.key)), isSorted: isSorted)
      }
    case .list(let items) where !items.isEmpty:
      for (index, item) in items.enumerated() {
        item.collect(into: &settings, path.appending(.index(index)), isSorted: isSorted)
      }
    default: settings.append(SpecSetting(path, .init(self), at: location))
    }
  }
}

extension EnvironmentSpec {
  /// Every value that the spec sets, with the profiles beneath.
  public var settings: [SpecSetting] { tree.settings }

  /// The same by their paths, whatever the order of keys.
  public var sortedSettings: [SpecSetting] {
    var settings: [SpecSetting] = []
    tree.collect(into: &settings, SpecPath(), isSorted: true)
    return settings
  }

  /// Those below `path`, with the rest of their paths; without those whose rest begins with one of `others`.
  public func settings(below path: SpecPath, without others: [SpecPath] = []) -> [SpecSetting] {
    settings.compactMap { setting in
      guard let rest = setting.path.below(path), !others.contains(where: rest.hasPrefix) else { return nil }
      return SpecSetting(rest, setting.value, at: setting.location)
    }
  }
}
