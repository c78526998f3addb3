import KilnArtifacts
import KilnSpec
import KilnWorkspace
package import SystemPackage

/// `dist/CUSTOMER`, where `kiln up` keeps what belongs to one environment on this machine.
///
/// Neither `dist` nor anything below it is a link: what a checkout brings must not lead Kiln's writing elsewhere.
package struct LocalFolder: Sendable {
  package let path: FilePath
  private let root: FilePath

  package init(_ root: FilePath, _ customer: String) {
    self.root = root
    path = WorkspaceLayout(root).folder(of: customer)
  }

  /// The folder of a run of tests, which has an environment of its own.
  package init(_ root: FilePath, _ customer: String, run: String) {
    self.root = root
    path = WorkspaceLayout(root).testRuns(of: customer).appending(run)
  }

  /// By which the workspace is known; see `WorkspaceIdentity`.
  package var workspace: String { WorkspaceIdentity(root: root).id }

  /// How names of this environment's folders with secrets begin.
  var secretsMark: String {
    let customer = path.lastComponent?.string ?? ""
    return String(ContentDigest(of: "\(workspace) \(customer)").hex.prefix(8))
  }

  /// Makes the folder where it is missing.
  /// - Throws: `FileSystemError`.
  package func make() throws { try UnlinkedFolder.make(path, below: root) }

  /// A folder in it, made where it is missing.
  package func folder(_ name: String) throws -> FilePath {
    let folder = path.appending(name)
    try UnlinkedFolder.make(folder, below: root)
    return folder
  }
}
