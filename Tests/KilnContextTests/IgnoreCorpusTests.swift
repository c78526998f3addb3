import Foundation
import KilnDiagnostics
import Testing

@testable import KilnContext

/// Cases whose verdicts are BuildKit's own, where the corpus is there; skipped by name where it is not.
struct IgnoreCorpusTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let ignoreFile: String?
    let patterns: [String]
    let paths: [(path: String, isExcluded: Bool)]
    let isInvalid: Bool

    var testDescription: String { name }
  }

  static let folder: URL = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
    let corpora =
      ProcessInfo.processInfo.environment["KILN_CORPORA"].map { URL(filePath: $0) }
      ?? root.appending(path: "../shared/corpora").standardized
    return corpora.appending(path: "dockerignore")
  }()

  static let cases: [Case] = {
    let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    return files.filter { $0.hasSuffix(".jsonl") }.flatMap { file -> [Case] in
      let data = (try? Data(contentsOf: folder.appending(path: file))) ?? Data()
      return data.split(separator: 0x0A).enumerated().compactMap { index, line in
        guard let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any] else { return nil }
        let paths = (object["paths"] as? [[String: Any]] ?? []).compactMap { item -> (String, Bool)? in
          guard let path = item["path"] as? String, let excluded = item["excluded"] as? Bool else { return nil }
          return (path, excluded)
        }
        return Case(
          name: "\(file):\(index + 1)", ignoreFile: object["ignoreFile"] as? String,
          patterns: object["patterns"] as? [String] ?? [], paths: paths, isInvalid: object["invalid"] as? Bool ?? false)
      }
    }
  }()

  @Test(.enabled(if: !cases.isEmpty, "the corpus dockerignore is not there")) func agreesWithMoby() throws {
    #expect(Self.cases.count > 1000)
    for test in Self.cases {
      let rules: IgnoreRules
      do {
        rules =
          try test.ignoreFile.map { try IgnoreRules(Array($0.utf8), file: "f") }
          ?? IgnoreRules(patterns: test.patterns.map { Array($0.utf8) })
      } catch {
        #expect(test.isInvalid, "\(test.name): \(error)")
        continue
      }
      if test.isInvalid {
        // Refused when first needed.
        #expect(rules.rules.contains { if case .unusable = $0.pattern.form { true } else { false } }, "\(test.name)")
        continue
      }
      for (path, isExcluded) in test.paths {
        #expect(try Oracle.matchesOrParentMatches(rules, path) == isExcluded, "\(test.name): \(path)")
      }
    }
  }
}

/// moby's MatchesOrParentMatches, for single paths.
enum Oracle {
  static func matchesOrParentMatches(_ rules: IgnoreRules, _ path: String) throws -> Bool {
    let bytes = Array(path.utf8)
    // filepath.Dir: what is before the last slash, cleaned.
    let parent = bytes.lastIndex(of: 0x2F).map { GoPath.clean(Array(bytes[...$0])) } ?? [0x2E]
    var parents: [[UInt8]] = []
    if parent != [0x2E] {
      let parts = parent.split(separator: 0x2F, omittingEmptySubsequences: false)
      for index in parts.indices { parents.append(Array(parts[...index].joined(separator: [0x2F]))) }
    }
    var isExcluded = false
    for rule in rules.rules where rule.isException == isExcluded {
      if try ([bytes] + parents).contains(where: { try rule.pattern.matches(IgnorePath($0)) }) {
        isExcluded = !rule.isException
      }
    }
    return isExcluded
  }
}
