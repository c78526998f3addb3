import KilnArtifacts
import KilnDiagnostics
import SystemPackage

/// Who made what the workspace is now, and since when.
extension GitRepository {
  package struct Commit: Sendable, Hashable {
    /// All of its digits.
    package let id: String
    package let author: String
    package let subject: String

    /// `HASH AUTHOR: SUBJECT`.
    package var text: String { "\(id.prefix(12)) \(author): \(subject)" }
  }

  /// The newest commit of what is checked out that touches one of `paths`; the newest of all where none does, or a path is
  /// not in this repository. Nil where there is no repository, or nothing is committed yet.
  package func newest(touching paths: [String]) async -> Commit? {
    if let own = try? await commits(["-1", "HEAD", "--"] + paths).first { return own }
    return try? await commits(["-1", "HEAD"]).first
  }

  /// Whether files of `paths` differ from those that are committed.
  package func isChanged(_ paths: [String]) async -> Bool {
    let listed = try? await run(
      ["--literal-pathspecs", "status", "--porcelain", "--untracked-files=normal", "--"] + paths, "look for changes")
    return listed.map { !$0.isEmpty } ?? false
  }

  /// Those after `commit`, newest first.
  /// - Parameter paths: Only those that touch one of them, from the workspace's root; all where it is nil.
  /// - Throws: `Failure` where this clone has no such commit.
  package func commits(
    since commit: String, until last: String? = nil, touching paths: [String]? = nil, limit: Int
  ) async throws -> [Commit] {
    for id in [commit, last ?? commit] {
      guard !id.isEmpty, id.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else {
        throw Failure(message: "\"\(id)\" is no commit's id")
      }
    }
    return try await commits(["-\(limit)", "\(commit)..\(last ?? "HEAD")"] + (paths.map { ["--"] + $0 } ?? []))
  }

  /// Three lines for each, which hold no line breaks themselves, and a NUL behind.
  private func commits(_ arguments: [String]) async throws -> [Commit] {
    let output = try await run(
      ["--literal-pathspecs", "log", "-z", "--no-show-signature", "--format=%H%n%an%n%s"] + arguments,
      "read its history")
    return output.split(separator: "\0").compactMap { record in
      let lines = record.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
      return lines.count == 3 ? Commit(id: lines[0], author: lines[1], subject: lines[2]) : nil
    }
  }
}

extension GitRepository {
  /// What a commit changes: paths from the repository's top.
  package func files(of commit: Commit) async throws -> [String] {
    try await run(
      ["diff-tree", "--root", "-m", "--first-parent", "--no-commit-id", "--name-only", "-r", "-z", commit.id],
      "read \(commit.id.prefix(12))"
    ).split(separator: "\0").map(String.init)
  }

  /// Where the workspace is below the repository's top, with a slash at its end; empty at the top.
  package func prefix() async throws -> String {
    try await run(["rev-parse", "--show-prefix"], "find the workspace").split(separator: "\n").first.map(String.init)
      ?? ""
  }
}
