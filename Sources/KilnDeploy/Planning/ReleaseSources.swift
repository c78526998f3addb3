import KilnArtifacts
package import KilnConsole
package import KilnPlan
import KilnSpec
package import KilnWorkspace
import SystemPackage

/// What a customer's releases are made of, and Git's history of it.
package struct ReleaseSources: Sendable {
  private let plan: EnvironmentPlan
  private let root: FilePath
  private let git: GitRepository
  /// What a release is made of: the working copy, or what an earlier one was made of.
  private enum Origin: Sendable { case workingCopy, commit(String, author: String), unknown }
  private var origin = Origin.workingCopy

  package init(_ loaded: LoadedWorkspace, _ plan: EnvironmentPlan, _ context: CommandContext) {
    self.plan = plan
    root = loaded.workspace.root
    git = GitRepository(root: root, git: context.tool("git"))
  }

  /// The same for a release of images that another release has brought, of that one's commit; nil for images that nobody
  /// knows the commit of.
  package func at(_ record: ReleaseRecord?) -> ReleaseSources {
    var sources = self
    sources.origin = .unknown
    if let commit = record?.commit { sources.origin = .commit(commit, author: record?.author ?? "") }
    return sources
  }

  /// The folders and files whose changes are an app's own, from the workspace's root.
  package func paths(of workload: String?) -> [String] {
    let app = workload.flatMap { name in plan.workloads.first { $0.name == name }?.app }.flatMap { plan.app(named: $0) }
    let apps = app.map { [$0] } ?? plan.apps
    return apps.flatMap { ([$0.spec.source] + $0.spec.overlays).map(\.value.string) }
      + [plan.spec.file, "profiles", "components", WorkspaceLayout.lockName].filter { path in
        path == plan.spec.file || root.appending(path).isThere
      }
  }

  /// The newest commit of the customer's own, with `-dirty` where files have changed since: others' commits change
  /// nothing here, and release nothing. Nil without a repository.
  package func head() async -> (commit: String, author: String)? {
    switch origin {
    case .unknown: return nil
    case .commit(let commit, let author): return (commit, author)
    case .workingCopy: break
    }
    guard let head = await git.newest(touching: paths(of: nil)) else { return nil }
    return (await git.isChanged(paths(of: nil)) ? "\(head.id)-dirty" : head.id, head.author)
  }

  /// The commits since a release, up to what is released, newest first; none where this clone does not have it.
  /// Only those that touch what the customer's images and environment are made of.
  package func commits(since record: ReleaseRecord?) async -> [GitRepository.Commit] {
    guard let commit = record?.commit.map(Self.id) else { return [] }
    let last: String?
    switch origin {
    case .unknown: return []
    case .commit(let commit, _): last = Self.id(commit)
    case .workingCopy: last = nil
    }
    return (try? await git.commits(since: commit, until: last, touching: paths(of: nil), limit: 50)) ?? []
  }

  /// Without what says that files had changed since.
  private static func id(_ commit: String) -> String { String(commit.prefix { $0 != "-" }) }

  /// With what each changes.
  package func releaseCommits(since record: ReleaseRecord?) async -> [ReleaseCommit] {
    var commits: [ReleaseCommit] = []
    for commit in await self.commits(since: record) {
      commits.append(
        ReleaseCommit(
          hash: commit.id, author: commit.author, subject: commit.subject,
          files: (try? await git.files(of: commit)) ?? []))
    }
    return commits
  }

  /// A workload's own files, from the repository's top.
  package func topPaths(of workload: String?) async -> [String] {
    let prefix = (try? await git.prefix()) ?? ""
    return paths(of: workload).map { FilePath(prefix + $0).lexicallyNormalized().string }
  }
}
