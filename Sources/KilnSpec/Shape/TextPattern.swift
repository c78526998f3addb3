/// Whole-text matching of regular expressions that come from shapes and component files.
enum TextPattern {
  static func isValid(_ pattern: String) -> Bool { (try? Regex(pattern)) != nil }

  static func matches(_ text: String, _ pattern: String) -> Bool {
    guard let regex = try? Regex(pattern).matchingSemantics(.unicodeScalar) else { return false }
    return (try? regex.wholeMatch(in: text)) != nil
  }
}
