import Foundation
import KilnArtifacts
import SystemPackage

/// By which a workspace knows what it has put on an engine.
///
/// A digest of the workspace's place: it survives a removed `dist`, and a second working copy has another one.
struct WorkspaceIdentity: Sendable, Equatable {
  /// 16 hexadecimal digits.
  let id: String
  /// Without links.
  let root: FilePath

  init(root: FilePath) {
    let resolved = root.withPlatformString { realpath($0, nil) }
    self.root = resolved.map { FilePath(platformString: $0) } ?? root
    free(resolved)
    // Two machines that share an engine may have their workspaces at one path.
    let machine = FileManager.default.contents(atPath: "/etc/machine-id") ?? Data()
    let text = Array("kiln workspace\0".utf8) + Array(machine) + [0] + Array(self.root.string.utf8)
    id = String(ContentDigest(of: text).hex.prefix(16))
  }
}
