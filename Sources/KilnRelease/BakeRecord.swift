import KilnArtifacts
import KilnDiagnostics
package import KilnPacker
import KilnProcesses
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What the last good bake of a customer's machine has made, and of what: a deployment takes it up where whoever baked it
/// was killed.
package struct BakeRecord: Sendable, Codable, Hashable {
  package struct Image: Sendable, Codable, Hashable {
    package let kind: String
    /// A URI or an id.
    package let reference: String
  }

  package var schemaVersion = 1
  /// Which workspace's, on which machine: one that a checkout brought says nothing.
  package let workspace: String
  /// Over what the machine and the application in it are made from.
  package let contents: String
  package let images: [Image]

  private static let limit = 1 << 20

  package init(workspace: String, contents: String, images: [Image]) {
    self.workspace = workspace
    self.contents = contents
    self.images = images
  }

  /// The image of a kind.
  package func reference(_ kinds: [ArtifactKind]) -> String? {
    kinds.lazy.compactMap { kind in images.first { $0.kind == kind.rawValue }?.reference }.first
  }

  /// Nil where there is none, or none that can be read.
  package static func read(_ path: FilePath) -> BakeRecord? {
    guard let bytes = try? RegularFile.read(path, limit: limit, following: .refused),
      let record = try? JSONDecoder().decode(BakeRecord.self, from: Data(bytes)), record.schemaVersion == 1
    else { return nil }
    return record
  }

  func write(_ path: FilePath) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    let bytes = Array(try encoder.encode(self)) + [0x0A]
    try FileReplacement.replace([.init(path: path, bytes: bytes, isPrivate: true, isUsers: false)])
  }
}
