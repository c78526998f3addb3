package import KilnDiagnostics

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What a backup holds, as its last entry says: a file that was cut off has none.
package struct BackupManifest: Codable, Sendable, Equatable {
  package struct Part: Codable, Sendable, Equatable {
    package enum Kind: String, Codable, Sendable { case volume, dump }

    package let kind: Kind
    /// As the spec calls the volume or the service.
    package let name: String
    /// In the backup.
    package let file: String
    package let sha256: String
    package let bytes: Int
    /// The data service that it is of, its version where that is known, and its image.
    package var service: String?
    package var version: String?
    package var image: String?
    /// Of a volume's own folder: the numbers of its owner, and how many entries it has besides.
    package var user: Int?
    package var group: Int?
    package var entries: Int?
  }

  package static let name = "manifest.json"
  /// Above any that is Kiln's.
  static let limit = 1 << 20

  package var schemaVersion = 1
  package let customer: String
  package let parts: [Part]

  package init(customer: String, parts: [Part]) {
    self.customer = customer
    self.parts = parts
  }

  package var bytes: [UInt8] {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }
  }

  package init(decoding bytes: [UInt8]) throws {
    struct Version: Decodable { let schemaVersion: Int }
    let decoder = JSONDecoder()
    guard let version = try? decoder.decode(Version.self, from: Data(bytes)) else {
      throw BackupProblem("\(Self.name) is not what Kiln writes")
    }
    guard version.schemaVersion == 1 else {
      throw BackupProblem("\(Self.name) has schemaVersion \(version.schemaVersion), which this Kiln does not know")
    }
    do { self = try decoder.decode(Self.self, from: Data(bytes)) } catch {
      throw BackupProblem("\(Self.name) is not what Kiln writes")
    }
  }
}

/// Why a file is no backup that could be restored.
package struct BackupProblem: Error, Sendable, Equatable {
  package let text: String

  package init(_ text: String) { self.text = text }

  /// - Parameter file: As the user names it.
  package func error(in file: String) -> CommandError {
    CommandError("restore.file", "\(file): \(text)", help: "nothing was changed; use another backup")
  }
}
