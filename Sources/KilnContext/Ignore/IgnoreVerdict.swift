public import KilnDiagnostics

/// Whether a path is left out, and which rule said so.
public struct IgnoreVerdict: Sendable {
  public let isExcluded: Bool
  /// The index of the rule that decided; nil when none matched.
  public let rule: Int?
  /// Which rules match the path or a folder that it is in, in their order.
  let matched: [Int]

  /// What the context's own folder is.
  static let root = IgnoreVerdict(isExcluded: false, rule: nil, matched: [])
}

/// A pattern that the engine refuses when it first needs it.
public struct IgnoreRuleFailure: Error, Sendable {
  public let diagnostic: Diagnostic
}

extension IgnoreRules {
  /// What becomes of `path`, from what became of the folder it is in.
  ///
  /// Source: patternmatcher's MatchesUsingParentResults, which is what the engine walks a folder with. It differs from
  /// MatchesOrParentMatches where a rule would have to match a folder that it was not asked about: of `foo/bar` and then
  /// `!foo` the exception does not reach `foo/bar`.
  public func verdict(on path: [UInt8], in folder: IgnoreVerdict) throws(IgnoreRuleFailure) -> IgnoreVerdict {
    if rules.isEmpty { return .root }
    let candidates = index.candidates(for: path)
    let path = IgnorePath(path)
    var matched: [Int] = []
    var isExcluded = false
    var decider: Int?
    var inherited = folder.matched[...]
    func take(_ index: Int) {
      matched.append(index)
      isExcluded = !rules[index].isException
      decider = index
    }
    for index in candidates {
      while let first = inherited.first, first <= index { take(inherited.removeFirst()) }
      // An exception matters only to what is excluded, and the reverse.
      if decider == index || rules[index].isException != isExcluded { continue }
      do throws(IgnoreExpression.Failure) {
        if try rules[index].pattern.matches(path) { take(index) }
      } catch {
        throw IgnoreRuleFailure(diagnostic: failure(of: rules[index], error))
      }
    }
    for index in inherited { take(index) }
    return IgnoreVerdict(isExcluded: isExcluded, rule: decider, matched: matched)
  }

  /// What becomes of `path`, asked from the context's folder down.
  public func verdict(on path: [UInt8]) throws(IgnoreRuleFailure) -> IgnoreVerdict {
    var verdict = IgnoreVerdict.root
    for (index, byte) in path.enumerated() where byte == UInt8(ascii: "/") {
      verdict = try self.verdict(on: Array(path[..<index]), in: verdict)
    }
    return try self.verdict(on: path, in: verdict)
  }

  /// Whether anything in `folder`, which is excluded, can be taken after all.
  func canExcept(inside folder: [UInt8], _ verdict: IgnoreVerdict) -> Bool {
    let inside = folder + [UInt8(ascii: "/")]
    return index.exceptions.contains { index in
      index > verdict.rule ?? -1 && rules[index].pattern.canMatch(inside: inside)
    }
  }

  private func failure(of rule: Rule, _ error: IgnoreExpression.Failure) -> Diagnostic {
    Diagnostic(
      "context.pattern", "the engine cannot use \"\(rule.text)\": \(error.message)",
      at: SourceLocation(file: file, line: rule.line, column: rule.column, length: rule.text.count),
      suggestion: rule.text.contains("\\") ? "components are separated by /; a backslash escapes what is after it" : nil
    )
  }
}
