import KilnArtifacts
import KilnDiagnostics
import KilnProcesses
import SystemPackage

/// Images as files, for hosts that no registry serves.
///
/// They are kept by the account and not in the workspace: what somebody committed there in an archive's place would run on
/// every host.
enum HostArchives {
  /// What nobody needed for so long goes, in seconds: three days.
  private static let age = 3 * 86_400

  /// - Throws: `CommandError` where the account has no home.
  static func folder() throws -> FilePath {
    guard let state = ProcessEnvironment.stateFolder else {
      throw CommandError(
        "hosts.state", "there is no folder for images on their way to hosts: HOME is not set",
        help: "set HOME or XDG_STATE_HOME, or give the environment a registry")
    }
    let folder = state.appending("host-images")
    try folder.makeFolders(mode: 0o700)
    return folder
  }

  /// - Parameter used: What this run needs.
  static func sweep(keeping used: Set<FilePath>) {
    guard let folder = ProcessEnvironment.stateFolder?.appending("host-images") else { return }
    let now = platformTime()
    for path in ((try? folder.names()) ?? []).map({ folder.appending($0) }) where !used.contains(path) {
      if let change = platformChange(path), now - change > age { path.removeAll() }
    }
  }
}
