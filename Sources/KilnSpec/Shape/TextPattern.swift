import Synchronization

/// Whole-text matching of regular expressions that come from shapes and component files.
enum TextPattern {
  /// A pattern is compiled once, and a fleet asks the same names and versions over and over.
  private struct Compiled {
    let regex: Regex<AnyRegexOutput>?
    var answers: [String: Bool] = [:]
  }

  private static let compiled = Mutex<[String: Compiled]>([:])
  private static let answerLimit = 2000

  static func isValid(_ pattern: String) -> Bool { (try? Regex(pattern)) != nil }

  static func matches(_ text: String, _ pattern: String) -> Bool {
    compiled.withLock { compiled in
      if let answer = compiled[pattern]?.answers[text] { return answer }
      var entry =
        compiled[pattern] ?? Compiled(regex: try? Regex(pattern).matchingSemantics(.unicodeScalar))
      compiled[pattern] = nil
      let answer = entry.regex.map { (try? $0.wholeMatch(in: text)) != nil } ?? false
      if entry.answers.count >= answerLimit { entry.answers = [:] }
      if text.utf8.count <= 200 { entry.answers[text] = answer }
      compiled[pattern] = entry
      return answer
    }
  }
}
