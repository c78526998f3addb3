/// Which lines differ between two texts.
///
/// The shortest edit is looked for (Myers, "An O(ND) Difference Algorithm and Its Variations", 1986) as long as it is short.
/// Where it is not, lines that both texts have once divide them, and what is between is looked at again; what still differs
/// in too much is replaced as a whole. The work is bounded by a multiple of the lines.
struct LineEdits {
  /// Lines of the old text that lines of the new one stand for; neither side or one may be empty.
  struct Block: Equatable {
    let old: Range<Int>
    let new: Range<Int>
  }

  private let old: [Int32]
  private let new: [Int32]
  private var removed: [Bool]
  private var inserted: [Bool]
  /// Comparisons that the search for shortest edits may still make.
  private var budget: Int

  /// What differs, in order, never two blocks without an equal line between them.
  static func blocks(_ old: [ArraySlice<UInt8>], _ new: [ArraySlice<UInt8>]) -> [Block] {
    var numbers: [Line: Int32] = [:]
    func number(_ line: ArraySlice<UInt8>) -> Int32 {
      let next = Int32(clamping: numbers.count)
      return numbers[Line(bytes: line)]
        ?? {
          numbers[Line(bytes: line)] = next; return next
        }()
    }
    var edits = LineEdits(old.map(number), new.map(number))
    edits.compare(old.indices, new.indices, depth: 0)
    return edits.blocks
  }

  private init(_ old: [Int32], _ new: [Int32]) {
    self.old = old
    self.new = new
    removed = [Bool](repeating: false, count: old.count)
    inserted = [Bool](repeating: false, count: new.count)
    budget = 4_000_000 + 16 * (old.count + new.count)
  }

  private struct Line: Hashable {
    let bytes: ArraySlice<UInt8>

    func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }
  }

  private var blocks: [Block] {
    var blocks: [Block] = []
    var (i, j) = (0, 0)
    while i < old.count || j < new.count {
      let (start, other) = (i, j)
      while i < old.count, removed[i] { i += 1 }
      while j < new.count, inserted[j] { j += 1 }
      if i > start || j > other {
        blocks.append(Block(old: start..<i, new: other..<j))
      } else {
        i += 1
        j += 1
      }
    }
    return blocks
  }

  private mutating func compare(_ left: Range<Int>, _ right: Range<Int>, depth: Int) {
    var (left, right) = (left, right)
    while let a = left.first, let b = right.first, old[a] == new[b] {
      (left, right) = (left.dropFirst(), right.dropFirst())
    }
    while let a = left.last, let b = right.last, old[a] == new[b] {
      (left, right) = (left.dropLast(), right.dropLast())
    }
    if !left.isEmpty, !right.isEmpty {
      if shortest(left, right) { return }
      let anchors = depth < 16 ? anchors(left, right) : []
      if !anchors.isEmpty {
        var (i, j) = (left.lowerBound, right.lowerBound)
        for (a, b) in anchors + [(left.upperBound, right.upperBound)] {
          if i < a || j < b { compare(i..<a, j..<b, depth: depth + 1) }
          (i, j) = (a + 1, b + 1)
        }
        return
      }
    }
    for index in left { removed[index] = true }
    for index in right { inserted[index] = true }
  }

  /// Marks the shortest edit; false when it is longer than is worth looking for.
  private mutating func shortest(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
    let limit = min(1024, left.count + right.count)
    // Half of what is left, so that the parts of a text that is divided have the other half.
    var steps = budget / 2
    budget -= steps
    defer { budget += max(0, steps) }
    // How far each diagonal k reaches with d edits stands at d * d + k + d.
    var reach: [Int32] = []
    func reached(_ d: Int, _ k: Int) -> Int { Int(reach[d * d + k + d]) }
    func isDown(_ d: Int, _ k: Int) -> Bool {
      k == -d || k != d && reached(d - 1, k - 1) < reached(d - 1, k + 1)
    }
    for d in 0...limit {
      reach += repeatElement(0, count: 2 * d + 1)
      for k in stride(from: -d, through: d, by: 2) {
        var x = d == 0 ? 0 : isDown(d, k) ? reached(d - 1, k + 1) : reached(d - 1, k - 1) + 1
        let start = x
        while x < left.count, x - k < right.count, old[left.lowerBound + x] == new[right.lowerBound + x - k] { x += 1 }
        steps -= 1 + x - start
        reach[d * d + k + d] = Int32(clamping: x)
        if x >= left.count, x - k >= right.count {
          mark(d, k, left.lowerBound, right.lowerBound, isDown: isDown, reached: reached)
          return true
        }
      }
      if steps <= 0 { return false }
    }
    return false
  }

  private mutating func mark(
    _ d: Int, _ k: Int, _ left: Int, _ right: Int, isDown: (Int, Int) -> Bool, reached: (Int, Int) -> Int
  ) {
    var k = k
    for d in stride(from: d, to: 0, by: -1) {
      if isDown(d, k) {
        k += 1
        inserted[right + reached(d - 1, k) - k] = true
      } else {
        k -= 1
        removed[left + reached(d - 1, k)] = true
      }
    }
  }

  /// Lines that each side has once, as many as stand in one order on both.
  private func anchors(_ left: Range<Int>, _ right: Range<Int>) -> [(Int, Int)] {
    var places: [Int32: (old: Int, new: Int)] = [:]
    let (none, many) = (-1, -2)
    for index in left {
      let known = places[old[index]]
      places[old[index]] = (known == nil ? index : many, none)
    }
    for index in right {
      guard let known = places[new[index]] else { continue }
      places[new[index]] = (known.old, known.new == none ? index : many)
    }
    let pairs = places.values.filter { $0.old >= 0 && $0.new >= 0 }.sorted { $0.old < $1.old }
    // The longest increasing run: ends[n] is the pair with the smallest place that a run of n + 1 ends with.
    var ends: [Int] = []
    var before = [Int](repeating: -1, count: pairs.count)
    for (index, pair) in pairs.enumerated() {
      var (low, high) = (0, ends.count)
      while low < high {
        let middle = (low + high) / 2
        if pairs[ends[middle]].new < pair.new { low = middle + 1 } else { high = middle }
      }
      if low > 0 { before[index] = ends[low - 1] }
      if low == ends.count { ends.append(index) } else { ends[low] = index }
    }
    var run: [(Int, Int)] = []
    var index = ends.last ?? -1
    while index >= 0 {
      run.append((pairs[index].old, pairs[index].new))
      index = before[index]
    }
    return run.reversed()
  }
}
