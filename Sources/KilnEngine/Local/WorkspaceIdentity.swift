import KilnArtifacts
package import SystemPackage

/// By which a workspace knows what it has put on an engine.
///
/// A digest of the workspace's place: it survives a removed `dist`, and a second working copy has another one.
package struct WorkspaceIdentity: Sendable, Equatable {
  /// 16 hexadecimal digits.
  package let id: String
  /// Without links.
  package let root: FilePath

  package init(root: FilePath) {
    self.root = Containment.real(root) ?? root
    // Two machines that share an engine may have their workspaces at one path.
    let machine = (try? RegularFile.read("/etc/machine-id", limit: 1 << 16)) ?? []
    let text = Array("kiln workspace\0".utf8) + machine + [0] + Array(self.root.string.utf8)
    id = String(ContentDigest(of: text).hex.prefix(16))
  }
}
