import Foundation
import KilnArtifacts
import KilnWorkspace
package import SystemPackage

/// `dist/CUSTOMER`, where `kiln up` keeps what belongs to one environment on this machine.
///
/// `dist` may be a link, to a disk with more room. Nothing below it is: what a checkout brings must not lead Kiln's
/// writing elsewhere.
package struct LocalFolder: Sendable {
  package let path: FilePath

  package init(_ root: FilePath, _ customer: String) { path = WorkspaceLayout(root).folder(of: customer) }

  /// Makes the folder where it is missing.
  /// - Throws: `FileSystemError`.
  package func make() throws {
    try EnvironmentPacking.makeFolder(path.removingLastComponent())
    try Self.makeOwn(path)
  }

  /// A folder in it, made where it is missing.
  package func folder(_ name: String) throws -> FilePath {
    try make()
    let folder = path.appending(name)
    try Self.makeOwn(folder)
    return folder
  }

  private static func makeOwn(_ path: FilePath) throws {
    if path.withPlatformString({ mkdir($0, 0o755) }) == 0 { return }
    let made = Errno(rawValue: errno)
    var status = stat()
    guard made == .fileExists, path.withPlatformString({ lstat($0, &status) }) == 0 else {
      throw FileSystemError("make the folder", path, made)
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw FileSystemError("use as a folder, and through no link,", path, .notDirectory)
    }
  }
}
