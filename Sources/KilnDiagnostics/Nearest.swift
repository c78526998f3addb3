/// The candidate nearest to `name` by edit distance (with transposed neighbours as one edit), when it
/// is near enough to have been meant; ties go to the first in `candidates`.
public func nearest(to name: String, among candidates: some Sequence<String>) -> String? {
  let wanted = letters(name)
  let limit = max(1, min(3, wanted.count / 3 + 1))
  var best: (name: String, distance: Int)?
  for candidate in candidates {
    // Each letter too many or too few is an edit; a letter is at least a byte.
    guard min(64, candidate.utf8.count) + limit >= wanted.count else { continue }
    let other = letters(candidate)
    guard other.count <= wanted.count + limit, other.count + limit >= wanted.count else { continue }
    let distance = editDistance(wanted, other)
    if distance <= limit, distance < other.count, distance < best?.distance ?? .max { best = (candidate, distance) }
  }
  return best?.name
}

/// What is compared, A to Z as a to z: longer names differ in their first letters or not at all.
private func letters(_ name: String) -> [UInt32] {
  name.unicodeScalars.prefix(64).map { ("A"..."Z").contains($0) ? $0.value + 32 : $0.value }
}

private func editDistance(_ a: [UInt32], _ b: [UInt32]) -> Int {
  var beforeLast = [Int](repeating: 0, count: b.count + 1)
  var last = Array(0...b.count)
  var current = last
  for i in a.indices {
    current[0] = i + 1
    for j in b.indices {
      var cost = min(last[j + 1] + 1, current[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
      current[j + 1] = cost
    }
    (beforeLast, last, current) = (last, current, beforeLast)
  }
  return last[b.count]
}
