/// A length of time, as in `800ms`, `1.5s`, `2m` or `1h`.
public struct TimeSpan: Sendable, Hashable {
  public let milliseconds: Int

  public init(milliseconds: Int) { self.milliseconds = milliseconds }

  static let pattern = "(0|[1-9][0-9]{0,6})(ms|([.][0-9]{1,3})?(s|m|h))"

  /// Nil for what `pattern` does not match.
  public init?(_ text: String) {
    let units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
    guard let (name, unit) = units.first(where: { text.hasSuffix($0.0) }), TextPattern.matches(text, Self.pattern),
      let thousandths = Decimals.thousandths(text.dropLast(name.count))
    else { return nil }
    milliseconds = thousandths * unit / 1000
  }

  public var seconds: Double { Double(milliseconds) / 1000 }

  /// As a spec would have it, in the largest unit that needs no fraction.
  public var text: String {
    if milliseconds == 0 { return "0s" }
    for (name, unit) in [("h", 3_600_000), ("m", 60_000), ("s", 1000)] where milliseconds % unit == 0 {
      return "\(milliseconds / unit)\(name)"
    }
    return "\(milliseconds)ms"
  }
}

/// A part of a hundred, as in `1%` or `0.5%`.
public struct Percentage: Sendable, Hashable {
  private let thousandths: Int

  static let pattern = "(0|[1-9][0-9]{0,3})([.][0-9]{1,3})?%"

  /// Nil for what `pattern` does not match.
  public init?(_ text: String) {
    guard text.hasSuffix("%"), TextPattern.matches(text, Self.pattern),
      let thousandths = Decimals.thousandths(text.dropLast())
    else { return nil }
    self.thousandths = thousandths
  }

  /// 1 for `100%`.
  public var fraction: Double { Double(thousandths) / 100_000 }

  public var text: String {
    let rest = thousandths % 1000
    guard rest != 0 else { return "\(thousandths / 1000)%" }
    let digits = String(String(rest + 1000).dropFirst())
    return "\(thousandths / 1000).\(String(digits.reversed().drop { $0 == "0" }.reversed()))%"
  }
}

/// Decimal numbers that no binary fraction rounds.
enum Decimals {
  /// Of at most three digits behind the point, and few enough before it.
  static func thousandths(_ text: Substring) -> Int? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard let whole = parts.first.flatMap({ Int($0) }), parts.count <= 2 else { return nil }
    let digits = parts.count == 2 ? String(parts[1]) : ""
    guard let rest = Int((digits + "000").prefix(3)) else { return nil }
    return whole * 1000 + rest
  }
}
