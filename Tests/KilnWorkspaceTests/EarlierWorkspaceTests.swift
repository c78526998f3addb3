import Foundation
import KilnDiagnostics
import KilnPlan
import KilnProcesses
import KilnSpec
import KilnTesting
import SystemPackage
import Testing

@testable import KilnWorkspace

/// What is read of a commit of Git's.
struct EarlierWorkspaceTests {
  private static let files = [
    "kiln.yaml": "version: 1\n", "apps/shop/index.php": "shop",
    "environments/acme.yaml":
      "version: 1\ncustomer: acme\nruntime: {base: debian-12, components: {own: {}}}\napp: {source: ../apps/shop}\n",
    "components/own.yaml": "summary: Own\nsteps: [{file: {path: /etc/own, source: ../own.conf}}]\n", "own.conf": "x",
  ]

  private func git(_ root: URL) -> String {
    "git -C \(root.path) -c core.quotePath=false -c core.hooksPath=/dev/null -c core.fsmonitor=false"
      + " -c safe.bareRepository=explicit"
  }

  private func read(
    _ name: String, _ root: URL, _ steps: [ScriptedRunner.Step], environment: [String: String] = [:]
  ) async throws -> EarlierWorkspace {
    let runner = ScriptedRunner(steps)
    let context = RecordedContext(root, environment: environment, processes: runner).context
    let workers = Workers(count: 1)
    let now = try context.load(workspace: nil, customers: [], workers: workers)
    #expect(now.problems.isEmpty)
    let earlier = try await EarlierWorkspace.read(name, for: now, workers, context)
    runner.finish()
    return earlier
  }

  /// Git writes the files that it is asked for into the folder that it is given.
  private func checkout(_ root: URL, _ files: [String]) -> ScriptedRunner.Step {
    .run("\(git(root)) -C \(root.path) --work-tree=…") { invocation in
      #expect(invocation.arguments.suffix(files.count + 3) == ["checkout", "c0ffee", "--"] + files)
      #expect(invocation.environment["GIT_INDEX_FILE"]?.hasPrefix(root.path) == false)
      let tree = try #require(invocation.arguments.first { $0.hasPrefix("--work-tree=") }).dropFirst(12)
      var texts = Self.files.filter { path, _ in files.contains { path == $0 || path.hasPrefix($0 + "/") } }
      if texts["environments/acme.yaml"] != nil {
        texts["environments/acme.yaml"] = Self.files["environments/acme.yaml"]?.replacing(
          "debian-12", with: "ubuntu-24.04")
      }
      try write(texts, in: URL(filePath: String(tree)))
    }
  }

  @Test func sourcesOfTestsAreSeenToChange() throws {
    try withFolder { folder in
      let root = folder.resolvingSymlinksInPath()
      var files = Self.files
      files["environments/acme.yaml"]? += "tests: {smoke: {source: ../tests/smoke, command: [./smoke]}}\n"
      files["tests/smoke/smoke"] = "true"
      try write(files, in: root)
      let context = RecordedContext(root, processes: ScriptedRunner([])).context
      let now = try context.load(workspace: nil, customers: [], workers: Workers(count: 1))
      let plan = try now.plan(of: "acme")
      var changes = AppSourceChanges(now.workspace, context: context)
      let found = try changes.reasons(for: plan, among: ["tests/smoke/smoke"], below: FilePath(root.path))
      #expect(found == ["app": [], "test-smoke": ["tests/smoke: smoke changed"]])
    }
  }

  @Test func aCommitIsReadWithTheFilesThatItsDefinitionsCopy() async throws {
    try await withFolder { folder in
      // As Git says it, without links.
      let root = folder.resolvingSymlinksInPath()
      try write(Self.files, in: root)
      let git = git(root)
      let list = "\(git) ls-tree -z --name-only --full-tree c0ffee --"
      let whole = "\(git) ls-tree -r -l -z --full-tree c0ffee --"
      let top = ScriptedRunner.Step.run("\(git) rev-parse --show-toplevel", output: "\(root.path)\n")
      let earlier = try await read(
        "main", root,
        [
          top, .run("\(git) rev-parse --verify --end-of-options main^{commit}", output: "c0ffee\n"),
          .run("\(git) rev-parse --show-prefix", output: "\n"),
          .run(
            "\(list) kiln.yaml kiln.lock environments profiles components",
            output: "kiln.yaml\0environments\0components\0"),
          .run(
            "\(whole) kiln.yaml environments components",
            output: "100644 blob 0123      11\tkiln.yaml\u{0}100644 blob 0123     200\tenvironments/acme.yaml\u{0}"),
          top, checkout(root, ["kiln.yaml", "environments", "components"]),
          // A component copies a file from elsewhere in the workspace.
          .run("\(git) rev-parse --show-prefix", output: "\n"), .run("\(list) own.conf", output: "own.conf\0"),
          .run("\(whole) own.conf", output: "100644 blob 0123       3\town.conf\u{0}"), top,
          checkout(root, ["own.conf"]), top,
          .run(
            "\(git) -C \(root.path) diff --name-only -z --no-renames --no-ext-diff c0ffee --",
            output: "apps/shop/index.php\0README.md\0"),
          .run("\(git) -C \(root.path) ls-files --others --exclude-standard -z"), top,
        ])
      #expect(earlier.plans.map(\.base.name) == ["ubuntu-24.04"] && earlier.notes == [])
      #expect(earlier.sources == ["acme": ["app": ["apps/shop: index.php changed"]]])
    }
  }

  private func message(_ steps: (String) -> [ScriptedRunner.Step]) async throws -> String {
    try await withFolder { root in
      try write(Self.files, in: root)
      let steps = steps(git(root))
      let error = await #expect(throws: (any Error).self) { try await read("main...", root, steps) }
      return DiagnosticRenderer().render((error as? any CommandErrorConvertible)?.commandError.diagnostics ?? [])
    }
  }

  @Test func aShallowCloneIsTheReason() async throws {
    let text = try await message { git in
      [
        .run("\(git) rev-parse --show-toplevel", output: "/\n"),
        .run("\(git) rev-parse --verify --end-of-options main^{commit}", output: "c0ffee\n"),
        .run("\(git) merge-base c0ffee HEAD", code: 1),
        .run("\(git) rev-parse --is-shallow-repository", output: "true\n"),
      ]
    }
    #expect(
      text == """
        error: HEAD and "main" have no commit in common [since.commit]
          = help: this clone does not have its whole history: `git fetch --unshallow` (GitHub's checkout: `fetch-depth: 0`)

        """)
  }

  @Test func withoutGitAnotherFolderIsOffered() async throws {
    let text = try await message { [.missing("\($0) rev-parse --show-toplevel")] }
    #expect(
      text == """
        error: git is not on the PATH [tool.missing]
          = help: `apt-get install git`, or name the folder of another workspace, as in ../before

        """)
  }
}

/// With the real Git.
struct GitRepositoryTests {
  /// Files of a commit may look like a repository of their own, whose settings name commands.
  @Test func whatLooksLikeARepositoryInACommitIsNone() async throws {
    try await withFolder { folder in
      let workspace = folder.appending(path: "workspace")
      let taken = folder.appending(path: "taken").path
      try write(
        [
          "workspace/HEAD": "ref: refs/heads/main\n", "workspace/objects/keep": "", "workspace/refs/keep": "",
          "workspace/config":
            "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = .\n\tfsmonitor = \"echo x >> \(taken); false\"\n",
          "workspace/kiln.yaml": "version: 1\n",
        ], in: folder)
      let git = Tool("git", SystemProcesses())
      let repository = GitRepository(root: FilePath(workspace.path), git: git)
      await #expect(throws: GitRepository.Failure.self) { try await repository.commit("HEAD") }
      await #expect(throws: GitRepository.Failure.self) { try await repository.changes(since: "HEAD") }
      #expect(!FileManager.default.fileExists(atPath: taken))
    }
  }
}
