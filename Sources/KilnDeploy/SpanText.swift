/// Spans of time as a person reads them, and writes them.
package enum SpanText {
  private static let units: [(letter: Character, name: String, seconds: Int)] = [
    ("d", "d", 86400), ("h", "h", 3600), ("m", "min", 60), ("s", "s", 1),
  ]

  /// The two largest units, as in `45 s`, `4 min 30 s`, `2 h`, `3 d 4 h`.
  package static func text(seconds: Int) -> String {
    guard let first = units.firstIndex(where: { seconds >= $0.seconds }) else { return "0 s" }
    let large = units[first]
    let text = "\(seconds / large.seconds) \(large.name)"
    guard first + 1 < units.count else { return text }
    let small = units[first + 1]
    let rest = seconds % large.seconds / small.seconds
    return rest == 0 ? text : "\(text) \(rest) \(small.name)"
  }

  /// Seconds of `90s`, `10m`, `2h`, `1d`, or of several of them, as in `1h30m`; nil for anything else, and for nothing.
  package static func seconds(_ text: String) -> Int? {
    var rest = text[...]
    var total = 0
    var next = units.startIndex
    while !rest.isEmpty {
      let digits = rest.prefix { ("0"..."9").contains($0) }
      rest = rest.dropFirst(digits.count)
      guard let number = Int(digits), number <= 1_000_000, let letter = rest.popFirst(),
        let index = units[next...].firstIndex(where: { $0.letter == letter })
      else { return nil }
      total += number * units[index].seconds
      next = index + 1
    }
    return total > 0 ? total : nil
  }
}
