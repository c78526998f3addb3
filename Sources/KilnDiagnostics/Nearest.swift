/// The candidate nearest to `name` by edit distance (with transposed neighbours as one edit), when it
/// is near enough to have been meant; ties go to the first in `candidates`.
public func nearest(to name: String, among candidates: some Sequence<String>) -> String? {
  let limit = max(1, min(3, name.count / 3 + 1))
  var best: (name: String, distance: Int)?
  for candidate in candidates {
    let distance = editDistance(Array(name.lowercased().prefix(64)), Array(candidate.lowercased().prefix(64)))
    if distance <= limit, distance < candidate.count, distance < best?.distance ?? .max { best = (candidate, distance) }
  }
  return best?.name
}

private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
  var beforeLast = [Int](repeating: 0, count: b.count + 1)
  var last = Array(0...b.count)
  for i in a.indices {
    var current = [i + 1]
    for j in b.indices {
      var cost = min(last[j + 1] + 1, current[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
      current.append(cost)
    }
    beforeLast = last
    last = current
  }
  return last[b.count]
}
