import KilnArtifacts
import KilnSpec
import KilnWorkspace
import SystemPackage

/// What earlier runs have left in `dist/hosts`: folders of runs that were killed, playbooks and images of earlier specs.
struct HostLeftovers {
  let layout: WorkspaceLayout
  /// A run may still read what is younger, in seconds: three days.
  private static let age = 3 * 86_400

  /// - Parameter used: What this run needs.
  func sweep(keeping used: Set<FilePath>) {
    let now = platformTime()
    for folder in [layout.hosts, layout.hosts.appending("play"), layout.hosts.appending("images")] {
      for name in (try? folder.names()) ?? [] {
        let path = folder.appending(name)
        let isOwn = folder != layout.hosts || name.hasPrefix("run-")
        guard isOwn, !used.contains(path), let change = platformChange(path), now - change > Self.age else { continue }
        path.removeAll()
      }
    }
  }
}
