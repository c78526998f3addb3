/// Matches plain patterns (stars and question marks) by trying everything, from their text alone.
enum IgnoreOracle {
  static func matches(_ pattern: [UInt8], _ path: [UInt8]) -> Bool {
    // Of a leading ** with nothing special after it only the end counts: moby's fast way differs from its expression.
    if pattern.starts(with: [0x2A, 0x2A]), !pattern[2...].contains(where: { $0 == 0x2A || $0 == 0x3F }) {
      return path.suffix(pattern.count - 2) == pattern[2...]
        || pattern.dropFirst(2).first == 0x2F && path[...] == pattern[3...]
    }
    // The same for a trailing one.
    if pattern.suffix(2) == [0x2A, 0x2A], !pattern.dropLast(2).contains(where: { $0 == 0x2A || $0 == 0x3F }) {
      return path.starts(with: pattern.dropLast(2))
    }
    if !pattern.contains(where: { $0 == 0x2A || $0 == 0x3F }) { return pattern == path }
    return slowly(pattern[...], path[...])
  }

  private static func slowly(_ pattern: ArraySlice<UInt8>, _ path: ArraySlice<UInt8>) -> Bool {
    guard let first = pattern.first else { return path.isEmpty }
    if first == 0x2A, pattern.dropFirst().first == 0x2A {
      var rest = pattern.dropFirst(2)
      if rest.first == 0x2F { rest.removeFirst() }
      // A dot of Go's does not match a line break.
      if rest.isEmpty { return !path.contains(0x0A) }
      // Nothing, or anything that ends with a slash.
      if slowly(rest, path) { return true }
      return path.indices.contains { at in
        path[at] == 0x2F && !path[..<at].contains(0x0A) && slowly(rest, path[(at + 1)...])
      }
    }
    if first == 0x2A {
      var at = path.startIndex
      while true {
        if slowly(pattern.dropFirst(), path[at...]) { return true }
        if at == path.endIndex || path[at] == 0x2F { return false }
        at += 1
      }
    }
    guard let next = path.first else { return false }
    return (first == 0x3F ? next != 0x2F : first == next) && slowly(pattern.dropFirst(), path.dropFirst())
  }
}
