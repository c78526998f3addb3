/// Finds the few rules that can match a path, by the bytes that every path that matches begins or ends with: an ignore
/// file may have tens of thousands of lines, and a context as many files.
struct IgnoreIndex: Sendable {
  /// Fewer rules are tried one by one.
  private static let least = 33

  private typealias Names = [ArraySlice<UInt8>: [Int]]

  /// Rules in their order: all, or those that are not in the tables.
  private var others: [Int] = []
  private var exact: Names = [:]
  /// By the number of bytes.
  private var heads: [(count: Int, names: Names)] = []
  private var tails: [(count: Int, names: Names)] = []
  let exceptions: [Int]

  init(_ rules: [IgnoreRules.Rule]) {
    exceptions = rules.indices.filter { rules[$0].isException }
    guard rules.count >= Self.least else {
      others = Array(rules.indices)
      return
    }
    var heads: [Int: Names] = [:]
    var tails: [Int: Names] = [:]
    for (index, rule) in rules.enumerated() {
      switch rule.pattern.key {
      case .whole(let text): exact[text[...], default: []].append(index)
      case .head(let head): heads[head.count, default: [:]][head[...], default: []].append(index)
      case .tail(let tail): tails[tail.count, default: [:]][tail[...], default: []].append(index)
      case .none: others.append(index)
      }
    }
    self.heads = heads.sorted { $0.key < $1.key }.map { (count: $0.key, names: $0.value) }
    self.tails = tails.sorted { $0.key < $1.key }.map { (count: $0.key, names: $0.value) }
  }

  /// The rules that can match, in their order.
  func candidates(for path: [UInt8]) -> [Int] {
    var found: [Int] = []
    if let own = exact[path[...]] { found += own }
    for (count, names) in heads {
      if count > path.count { break }
      if let own = names[path[..<count]] { found += own }
    }
    for (count, names) in tails {
      if count > path.count { break }
      if let own = names[path[(path.count - count)...]] { found += own }
    }
    return found.isEmpty ? others : (found + others).sorted()
  }
}

extension IgnorePattern {
  /// What to look a pattern up by.
  enum Key {
    case whole([UInt8])
    case head([UInt8])
    case tail([UInt8])
    case none
  }

  var key: Key {
    switch form {
    case .exact(let text): return .whole(text)
    case .prefix(let prefix): return prefix.isEmpty ? .none : .head(prefix)
    // `**/x` is also `x` itself, which ends with no slash.
    case .suffix(let suffix):
      let tail = suffix.first == UInt8(ascii: "/") ? Array(suffix.dropFirst()) : suffix
      return tail.isEmpty ? .none : .tail(tail)
    case .expression: return !head.isEmpty ? .head(head) : !tail.isEmpty ? .tail(tail) : .none
    case .unusable: return .none
    }
  }
}
