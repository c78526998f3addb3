/// A unified diff of two texts, with three lines of context.
public enum LineDiff {
  /// `--- a/path`, `+++ b/path` and hunks; `/dev/null` for a side that is nil. Bytes that are not UTF-8 are reported, not
  /// shown.
  public static func unified(path: String, old: [UInt8]?, new: [UInt8]?) -> String {
    var out = "--- \(old == nil ? "/dev/null" : "a/\(path)")\n+++ \(new == nil ? "/dev/null" : "b/\(path)")\n"
    guard String(validating: old ?? [], as: UTF8.self) != nil, String(validating: new ?? [], as: UTF8.self) != nil
    else { return out + "binary files differ\n" }
    let (before, after) = (lines(old ?? []), lines(new ?? []))
    for hunk in hunks(LineEdits.blocks(before, after)) { add(hunk, before, after, to: &out) }
    return out
  }

  private typealias Line = ArraySlice<UInt8>
  private typealias Block = LineEdits.Block

  private static func lines(_ bytes: [UInt8]) -> [Line] {
    var lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }

  /// Blocks that stand so close that they share their context.
  private static func hunks(_ blocks: [Block]) -> [[Block]] {
    var hunks: [[Block]] = []
    for block in blocks {
      if let last = hunks.last?.last, block.old.lowerBound - last.old.upperBound < 6 {
        hunks[hunks.count - 1].append(block)
      } else {
        hunks.append([block])
      }
    }
    return hunks
  }

  private static func add(_ hunk: [Block], _ old: [Line], _ new: [Line], to out: inout String) {
    guard let first = hunk.first, let last = hunk.last else { return }
    let before = min(3, first.old.lowerBound)
    let after = min(3, old.count - last.old.upperBound)
    func place(_ from: Range<Int>, _ to: Range<Int>) -> String {
      let start = from.lowerBound - before
      let count = to.upperBound + after - start
      return "\(count == 0 ? start : start + 1),\(count)"
    }
    out += "@@ -\(place(first.old, last.old)) +\(place(first.new, last.new)) @@\n"
    func add(_ mark: String, _ lines: ArraySlice<Line>) {
      for line in lines { out += "\(mark)\(String(decoding: line, as: UTF8.self))\n" }
    }
    var at = first.old.lowerBound - before
    for block in hunk {
      add(" ", old[at..<block.old.lowerBound])
      add("-", old[block.old])
      add("+", new[block.new])
      at = block.old.upperBound
    }
    add(" ", old[at..<at + after])
  }
}
