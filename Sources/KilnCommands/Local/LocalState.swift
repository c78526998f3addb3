import Foundation
import KilnArtifacts
import SystemPackage

/// What is remembered of an environment on this machine, in `dist/CUSTOMER/local.json`, for its owner alone.
struct LocalState: Codable, Sendable, Equatable {
  /// The Compose project, where it is not the customer's name.
  var project: String?
  /// The app's port at the last start.
  var port: Int?
  /// Workspaces whose containers and data were taken over.
  var adopted: [String] = []
  /// Of digests of secrets; hexadecimal. It never leaves this file.
  var key = Self.random()
  /// The name of the folder with the secrets' files.
  var secrets: String?
  /// The accounts that read secrets, by the image's id.
  var readers: [String: [UInt32]] = [:]
  /// Changes of a database's password that were reported, by service.
  var reportedPasswords: [String: String] = [:]

  static let name = "local.json"

  init() {}

  /// A file that others may write or read, as one that a checkout brought, is none.
  init(readingFrom folder: LocalFolder) {
    self.init()
    let path = folder.path.appending(Self.name)
    var status = stat()
    guard path.withPlatformString({ lstat($0, &status) }) == 0, status.st_mode & S_IFMT == S_IFREG,
      status.st_uid == geteuid(), status.st_mode & 0o077 == 0,
      let data = FileManager.default.contents(atPath: path.string),
      let state = try? JSONDecoder().decode(LocalState.self, from: data)
    else { return }
    self = state
  }

  func write(to folder: LocalFolder) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let bytes = Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    try FileReplacement.replace([.init(path: folder.path.appending(Self.name), bytes: bytes, isPrivate: true)])
  }

  /// 256 bits that nobody can guess, hexadecimal.
  static func random() -> String {
    var generator = SystemRandomNumberGenerator()
    return (0..<4).map { _ in
      let digits = String(generator.next() as UInt64, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}
