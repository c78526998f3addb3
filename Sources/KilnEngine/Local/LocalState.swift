import KilnArtifacts
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What is remembered of an environment on this machine, in `dist/CUSTOMER/local.json`, for its owner alone.
package struct LocalState: Codable, Sendable, Equatable {
  /// Which workspace's; see `WorkspaceIdentity`.
  package var workspace = ""
  /// The Compose project, where it is not the customer's name.
  package var project: String?
  /// The stage whose values the apps have; nil for none.
  package var stage: String?
  /// The ports of the apps at the last start.
  package var ports: [String: Int] = [:]
  /// False where its apps have no HTTPS.
  package var isProxied: Bool?
  /// What each migration was last run for with success; see `Migrations`.
  package var migrations: [String: String] = [:]
  /// Workspaces whose containers and data were taken over.
  package var adopted: [String] = []
  /// Of digests of secrets; hexadecimal. It never leaves this file.
  package var key = Self.random()
  /// The name of the folder with the secrets' files.
  package var secrets: String?
  /// The accounts that read secrets, by the image's id.
  package var readers: [String: [UInt32]] = [:]

  package static let name = "local.json"

  package init() {}

  /// A file that others may write or read, as one that a checkout brought, or one of another place or machine is none.
  package init(readingFrom folder: LocalFolder) {
    self.init()
    let path = folder.path.appending(Self.name)
    var status = stat()
    guard path.withPlatformString({ lstat($0, &status) }) == 0, status.st_mode & S_IFMT == S_IFREG,
      status.st_uid == geteuid(), status.st_mode & 0o077 == 0,
      let bytes = try? RegularFile.read(path, limit: 1 << 20, following: .refused),
      let state = try? JSONDecoder().decode(LocalState.self, from: Data(bytes)), state.workspace == folder.workspace
    else { return }
    self = state
  }

  package func write(to folder: LocalFolder) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    var state = self
    state.workspace = folder.workspace
    let bytes = Array(try encoder.encode(state)) + [UInt8(ascii: "\n")]
    try FileReplacement.replace([.init(path: folder.path.appending(Self.name), bytes: bytes, isPrivate: true)])
  }

  /// 256 bits that nobody can guess, hexadecimal.
  package static func random() -> String {
    var generator = SystemRandomNumberGenerator()
    return (0..<4).map { _ in
      let digits = String(generator.next() as UInt64, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}
