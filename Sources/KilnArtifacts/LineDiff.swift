/// A unified diff of two texts, with three lines of context.
public enum LineDiff {
  /// `--- a/path`, `+++ b/path` and hunks; `/dev/null` for a side that is nil. Bytes that are no UTF-8 are told, not shown.
  public static func unified(path: String, old: [UInt8]?, new: [UInt8]?) -> String {
    var out = "--- \(old == nil ? "/dev/null" : "a/\(path)")\n+++ \(new == nil ? "/dev/null" : "b/\(path)")\n"
    guard let before = String(validating: old ?? [], as: UTF8.self),
      let after = String(validating: new ?? [], as: UTF8.self)
    else { return out + "binary files differ\n" }
    let edits = edits(lines(before), lines(after))
    for hunk in hunks(edits) { out += hunk }
    return out
  }

  private enum Edit {
    case keep(Substring)
    case remove(Substring)
    case insert(Substring)
    var isChange: Bool { if case .keep = self { false } else { true } }
  }

  private static func lines(_ text: String) -> [Substring] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last == "" { lines.removeLast() }
    return lines
  }

  private static func edits(_ old: [Substring], _ new: [Substring]) -> [Edit] {
    let difference = new.difference(from: old)
    var removed: Set<Int> = []
    var inserted: Set<Int> = []
    for change in difference {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): inserted.insert(offset)
      }
    }
    var edits: [Edit] = []
    var i = 0
    var j = 0
    while i < old.count || j < new.count {
      if i < old.count, removed.contains(i) {
        edits.append(.remove(old[i]))
        i += 1
      } else if j < new.count, inserted.contains(j) {
        edits.append(.insert(new[j]))
        j += 1
      } else if i < old.count {
        edits.append(.keep(old[i]))
        i += 1
        j += 1
      }
    }
    return edits
  }

  private static func hunks(_ edits: [Edit]) -> [String] {
    let changed = edits.indices.filter { edits[$0].isChange }
    guard var start = changed.first else { return [] }
    var ranges: [Range<Int>] = []
    var end = start
    for index in changed {
      if index - end > 6 {
        ranges.append(max(0, start - 3)..<min(edits.count, end + 4))
        start = index
      }
      end = index
    }
    ranges.append(max(0, start - 3)..<min(edits.count, end + 4))
    return ranges.map { hunk(edits, $0) }
  }

  private static func hunk(_ edits: [Edit], _ range: Range<Int>) -> String {
    func counts(_ part: ArraySlice<Edit>) -> (old: Int, new: Int) {
      part.reduce(into: (0, 0)) { sum, edit in
        switch edit {
        case .keep: sum = (sum.0 + 1, sum.1 + 1)
        case .remove: sum.0 += 1
        case .insert: sum.1 += 1
        }
      }
    }
    let before = counts(edits[..<range.lowerBound])
    let here = counts(edits[range])
    func place(_ before: Int, _ count: Int) -> String { "\(count == 0 ? before : before + 1),\(count)" }
    var out = "@@ -\(place(before.old, here.old)) +\(place(before.new, here.new)) @@\n"
    for edit in edits[range] {
      switch edit {
      case .keep(let line): out += " \(line)\n"
      case .remove(let line): out += "-\(line)\n"
      case .insert(let line): out += "+\(line)\n"
      }
    }
    return out
  }
}
