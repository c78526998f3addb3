import KilnArtifacts
import KilnConsole
package import KilnDiagnostics
package import KilnProcesses
package import SystemPackage

/// The repository that a workspace is in.
package struct GitRepository: Sendable {
  package let root: FilePath
  package let git: Tool

  package init(root: FilePath, git: Tool) {
    self.root = root
    self.git = git
  }

  /// Nothing of the user's settings changes what is read. Neither hooks nor a file system monitor is started, and files in
  /// a commit that look like a repository of their own are none: its settings would be somebody else's.
  private static let settings = [
    "core.quotePath=false", "core.hooksPath=/dev/null", "core.fsmonitor=false", "safe.bareRepository=explicit",
  ].flatMap { ["-c", $0] }

  /// A partial clone fetches what it lacks, by these ways and none that runs a command.
  private static let variables = [
    "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
    "GIT_TERMINAL_PROMPT": "0",
  ]

  package struct Failure: CommandErrorConvertible {
    package let message: String
    package var help =
      "--since takes a commit, as in main or HEAD~1, or the folder of another workspace, as in ../before"

    package var commandError: CommandError { CommandError("since.commit", message, help: help) }
  }

  func run(_ arguments: [String], environment: [String: String] = [:], _ what: String) async throws -> String {
    let result = try await git.output(
      ["-C", root.string] + Self.settings + arguments,
      environment: environment.merging(Self.variables) { one, _ in one })
    guard result.isSuccess else {
      let answer = result.error.split(separator: "\n").last.map { ": \(Relayed.safe(String($0)))" } ?? ""
      throw Failure(message: "git cannot \(what)\(answer)")
    }
    return result.output
  }

  /// The answer without the line break at its end: a path may have spaces there.
  private func line(_ arguments: [String], _ what: String) async throws -> String {
    let output = try await run(arguments, what)
    return output.hasSuffix("\n") ? String(output.dropLast()) : output
  }

  package func top() async throws -> FilePath {
    FilePath(try await line(["rev-parse", "--show-toplevel"], "find a repository at \(root)"))
  }

  /// The commit's id.
  ///
  /// - Parameter name: What Git takes for a commit; with `...` after it, where the work on HEAD went off from it.
  package func commit(_ name: String) async throws -> String {
    _ = try await top()
    let isBranchPoint = name.hasSuffix("...")
    let other = isBranchPoint ? String(name.dropLast(3)) : name
    var failure = Failure(
      message: isBranchPoint
        ? "there is no commit of the name \"\(other)\""
        : "there is no commit of the name \"\(name)\"")
    do {
      let commit = try await line(["rev-parse", "--verify", "--end-of-options", "\(other)^{commit}"], "find \(other)")
      guard isBranchPoint else { return commit }
      failure = Failure(message: "HEAD and \"\(other)\" have no commit in common")
      return try await line(["merge-base", commit, "HEAD"], "compare")
    } catch is Failure {
      if (try? await run(["rev-parse", "--is-shallow-repository"], "look"))?.hasPrefix("true") == true {
        failure.help =
          "this clone does not have its whole history: `git fetch --unshallow` (GitHub's checkout: `fetch-depth: 0`)"
      }
      throw failure
    }
  }

  /// Writes those of the workspace's `names` that the commit has below `place`.
  /// - Returns: Where the workspace's root then is.
  package func extract(_ names: [String], of commit: String, to place: FilePath) async throws -> FilePath {
    let prefix = try await line(["rev-parse", "--show-prefix"], "find the workspace")
    let tree = place.appending("tree")
    try tree.makeFolders()
    let index = ["GIT_INDEX_FILE": place.appending("index").string, "GIT_LITERAL_PATHSPECS": "1"]
    let listed = try await run(
      ["ls-tree", "-z", "--name-only", "--full-tree", commit, "--"] + names.map { prefix + $0 },
      environment: ["GIT_LITERAL_PATHSPECS": "1"], "list the commit")
    let there = listed.split(separator: "\0").map(String.init)
    if !there.isEmpty {
      try await refuseHuge(there, of: commit)
      let top = try await top()
      _ = try await run(
        ["-C", top.string, "--work-tree=\(tree.string)", "checkout", commit, "--"] + there, environment: index,
        "read the commit")
    }
    return prefix.isEmpty ? tree : tree.pushing(FilePath(prefix)).lexicallyNormalized()
  }

  /// A few objects may be any number of files, and a small one a large file.
  private func refuseHuge(_ names: [String], of commit: String) async throws {
    let failure = Failure(
      message:
        "the commit has more than \(Self.fileLimit) files, or \(Self.sizeLimit >> 20) MiB, among its specs and what they name",
      help: "name another commit")
    let listed: String
    do {
      listed = try await run(
        ["ls-tree", "-r", "-l", "-z", "--full-tree", commit, "--"] + names,
        environment: ["GIT_LITERAL_PATHSPECS": "1"], "list the commit's files")
    } catch is Tool.TooMuchOutput { throw failure }
    var (count, size) = (0, 0)
    for entry in listed.utf8.split(separator: 0) {
      // Mode, kind, object, size; a tab, and the path.
      let words = entry.prefix { $0 != 0x09 }.split(separator: 0x20)
      count += 1
      size += words.count > 3 ? Int(String(decoding: words[3], as: UTF8.self)) ?? 0 : 0
      guard count <= Self.fileLimit, size <= Self.sizeLimit else { throw failure }
    }
  }

  private static let fileLimit = 200_000
  /// Bytes.
  private static let sizeLimit = 512 << 20

  /// Paths, from the repository's top, of files that differ from the commit's, those that Git does not know yet too.
  package func changes(since commit: String) async throws -> [String] {
    let top = try await top().string
    let changed = try await run(
      ["-C", top, "diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", commit, "--"], "compare")
    let new = try await run(["-C", top, "ls-files", "--others", "--exclude-standard", "-z"], "list new files")
    return (changed + new).split(separator: "\0").map(String.init)
  }
}
