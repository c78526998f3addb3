import Foundation
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
    let resolved = root.withPlatformString { realpath($0, nil) }
    self.root = resolved.map { FilePath(platformString: $0) } ?? root
    free(resolved)
    // Two machines that share an engine may have their workspaces at one path.
    let machine = FileManager.default.contents(atPath: "/etc/machine-id") ?? Data()
    let text = Array("kiln workspace\0".utf8) + Array(machine) + [0] + Array(self.root.string.utf8)
    id = String(ContentDigest(of: text).hex.prefix(16))
  }
}
