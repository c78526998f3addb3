// A libFuzzer target: any ignore file is read or refused; plain patterns match as an oracle says that tries everything.
// The input is the file, a NUL, and paths that NULs separate.
import KilnDiagnostics

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let parts = UnsafeRawBufferPointer(start: start, count: count).split(separator: 0, maxSplits: 8).map { Array($0) }
  guard let file = parts.first, let rules = try? IgnoreRules(file, file: "f") else { return 0 }
  for path in parts.dropFirst().prefix(8) {
    let path = GoPath.clean(path)
    guard let verdict = try? rules.verdict(on: path) else { continue }
    // A rule of the last word matches the path or a folder that it is in.
    if let index = verdict.rule {
      precondition(verdict.isExcluded != rules.rules[index].isException, "the rule says otherwise")
      precondition(verdict.matched.contains(index), "a rule that does not match decides")
    }
    for rule in rules.rules {
      let text = rule.pattern.text
      let isPlain = text.count <= 14 && !text.contains { $0 >= 0x80 || [0x5B, 0x5C, 0x5D, 0x5E].contains($0) }
      guard isPlain, path.count <= 40, path.allSatisfy({ $0 < 0x80 }) else { continue }
      guard let matches = try? rule.pattern.matches(IgnorePath(path)) else { preconditionFailure("a plain pattern is refused") }
      precondition(matches == IgnoreOracle.matches(text, path), "the oracle says otherwise")
      // What is said of folders must not keep a path from being looked at.
      if matches, let slash = path.lastIndex(of: 0x2F), slash > 0 {
        precondition(rule.pattern.canMatch(inside: Array(path[...slash])), "a folder would be passed over")
      }
    }
  }
  return 0
}
