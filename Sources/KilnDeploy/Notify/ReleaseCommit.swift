/// A commit between two releases.
package struct ReleaseCommit: Sendable, Hashable {
  package let hash: String
  package let author: String
  /// The first line of its message.
  package let subject: String
  /// What it changes: paths from the repository's top; empty where that is not known.
  package let files: [String]

  package init(hash: String, author: String, subject: String, files: [String] = []) {
    self.hash = hash
    self.author = author
    self.subject = subject
    self.files = files
  }

  /// From `HASH AUTHOR: SUBJECT`, as a release's record has it.
  package init?(record line: String) {
    let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, parts[0].allSatisfy(\.isHexDigit),
      let colon = parts[1].firstRange(of: ": ")
    else { return nil }
    self.init(
      hash: String(parts[0]), author: String(parts[1][..<colon.lowerBound]),
      subject: String(parts[1][colon.upperBound...]))
  }

  /// As a release's record has it.
  package var record: String { "\(hash) \(author): \(subject)" }

  package var shortHash: String { String(hash.prefix(10)) }
}
