import KilnArtifacts
import KilnDiagnostics
package import KilnGeneration
import KilnSpec
package import SystemPackage

/// The definition of a workspace's release pipeline in its repository.
///
/// It is no file of the output folder, whose index knows what Kiln wrote there: its second line has the digest of those below.
/// A file whose lines have another digest was edited by hand, and one without that line is somebody else's.
package struct PipelineFile: Sendable {
  package enum State: Sendable, Equatable {
    case absent, current, stale
    /// Edited by hand since Kiln wrote it, or never written by Kiln.
    case foreign
  }

  package let system: PipelineSystem
  /// Absolute.
  package let path: FilePath
  package let bytes: [UInt8]
  /// What the system must have besides, a sentence each.
  package let needs: [String]
  /// The repository's root, or the workspace's.
  private let top: FilePath

  /// Larger files are nobody's definition.
  private static let limit = 16 << 20

  /// - Parameter other: Where it is instead of where the system looks for it; absolute.
  package init(_ loaded: LoadedWorkspace, for system: PipelineSystem, at other: FilePath? = nil) {
    let workspace = loaded.workspace
    var top = Containment.real(workspace.root) ?? workspace.root
    for _ in workspace.containment.prefix.split(separator: "/") { top.removeLastComponent() }
    self.top = top
    self.system = system
    path = other ?? top.pushing(FilePath(system.path))
    let pipeline = ReleasePipeline(
      of: loaded.fleet, workspace.pipeline, notify: workspace.notify, prefix: workspace.containment.prefix, for: system)
    needs = pipeline.needs + Self.branchNotes(workspace.pipeline.branch, in: top)
    let body = Array(pipeline.render(header: Self.advice(system)).utf8)
    bytes = Array((Self.seal(system) + ContentDigest(of: body).hex + "\n").utf8) + body
  }

  /// A branch that this repository does not have: nothing would ever be deployed.
  private static func branchNotes(_ branch: String, in top: FilePath) -> [String] {
    let git = top.appending(".git")
    func text(_ path: FilePath) -> String {
      (try? RegularFile.read(path, limit: 1 << 20, following: .refused)).map { String(decoding: $0, as: UTF8.self) }
        ?? ""
    }
    let head = text(git.appending("HEAD")).trimmingPrefix("ref: refs/heads/")
    guard text(git.appending("HEAD")).hasPrefix("ref: "), !git.isLink else { return [] }
    let name = head.prefix { !$0.isNewline }
    let known = text(git.appending("packed-refs"))
    let isThere =
      name == branch || git.pushing(FilePath("refs/heads/\(branch)")).isThere
      || git.pushing(FilePath("refs/remotes/origin/\(branch)")).isThere
      || known.contains("refs/heads/\(branch)\n") || known.contains("refs/remotes/origin/\(branch)\n")
    if isThere { return [] }
    return [
      "releases come from the branch \(branch), which this repository has not: `pipeline: {branch: \(name)}` names this one"
    ]
  }

  private static func seal(_ system: PipelineSystem) -> String {
    "\(system.comment) Made by `kiln pipeline \(system.rawValue)` from kiln.yaml and the specs; it is written again by that.\n"
      + "\(system.comment) sha256 of what is below: "
  }

  private static func advice(_ system: PipelineSystem) -> [String] {
    ["docs/pipelines.md of Kiln's says which secrets and approvals to set in \(system.title)."]
  }

  /// What stands there, and how it compares.
  /// - Throws: `RegularFile.Failure` for what is no regular file.
  package func read() throws -> (state: State, bytes: [UInt8]?) {
    let found: [UInt8]
    do { found = try RegularFile.read(path, limit: Self.limit, following: .refused) } catch {
      if case .absent = error.reason { return (.absent, nil) }
      throw error
    }
    if found == bytes { return (.current, found) }
    return (Self.isOwn(found, system) ? .stale : .foreign, found)
  }

  /// Whether the lines below the second have its digest.
  private static func isOwn(_ bytes: [UInt8], _ system: PipelineSystem) -> Bool {
    let seal = Array(seal(system).utf8)
    let body = seal.count + 64 + 1
    guard bytes.count > body, bytes.starts(with: seal) else { return false }
    return Array(ContentDigest(of: Array(bytes[body...])).hex.utf8) == Array(bytes[seal.count..<body - 1])
  }

  /// - Throws: `pipeline.edited` where what stands there is not Kiln's, `FileSystemError`.
  package func write(isForced: Bool) throws -> State {
    let state = try read().state
    if state == .current { return state }
    if state == .foreign, !isForced {
      throw CommandError(
        "pipeline.edited", "\(path) was edited by hand or made by somebody else",
        help: "nothing was written; `--diff --check` shows the differences, `--force` overwrites it")
    }
    let folder = path.removingLastComponent()
    if folder.starts(with: top) { try UnlinkedFolder.make(folder, below: top) }
    try FileReplacement.replace([.init(path: path, bytes: bytes)])
    return state
  }

  /// A line for people about a file that is not as it should be; nil where it is.
  package static func remark(_ name: String, _ state: State, _ system: PipelineSystem) -> String? {
    switch state {
    case .current: nil
    case .absent: "\(name): is not there yet; `kiln pipeline \(system.rawValue)` writes it"
    case .stale: "\(name): kiln.yaml or a spec changed; `kiln pipeline \(system.rawValue)` writes it"
    case .foreign: "\(name): was edited by hand or made by somebody else"
    }
  }

  /// The definitions in the repository that Kiln wrote and that are not what the specs say, by their paths there.
  package static func stale(_ loaded: LoadedWorkspace) -> [(name: String, system: PipelineSystem)] {
    PipelineSystem.allCases.filter { system in
      (try? PipelineFile(loaded, for: system).read())?.state == .stale
    }.map { ($0.path, $0) }
  }
}
