import KilnArtifacts
import KilnContext
import KilnDiagnostics
import KilnSpec
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What runs of `kiln watch --once` leave to the next: the troubles that were reported and have not ended.
///
/// It counts only for the account and the folder that wrote it: what a checkout or a CI system's cache brings would hide a
/// trouble. Neither it nor its folder is a link.
struct WatchState {
  private struct Contents: Codable {
    /// Over the folder and the troubles.
    let seal: UInt64
    let troubles: [WatchTrouble]
  }

  private let file: FilePath
  private var folder: FilePath { file.removingLastComponent() }

  /// - Parameter stage: What is watched; runs of different stages know nothing of each other.
  init(_ layout: WorkspaceLayout, stage: String?) { file = layout.watch(stage) }

  /// None where there is no file, or one that says nothing.
  var open: [WatchTrouble] {
    guard !folder.isLink, let bytes = try? RegularFile.read(file, limit: 1 << 20, following: .refused),
      let contents = try? JSONDecoder().decode(Contents.self, from: Data(bytes)),
      let seal = try? seal(contents.troubles), seal == contents.seal
    else { return [] }
    return contents.troubles
  }

  private func seal(_ troubles: [WatchTrouble]) throws -> UInt64 {
    AccountKey.number(of: Array("\(file.string)\n".utf8) + [UInt8](try Self.encoded(troubles)))
  }

  private static func encoded(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return try encoder.encode(value)
  }

  /// - Parameters:
  ///   - pages: Those that were asked; what others know stays.
  func write(_ open: [WatchTrouble], of pages: [WatchedPage.ID]) throws {
    let others = self.open.filter { !pages.contains($0.page) }
    guard !folder.isLink else {
      throw CommandError(
        "machine.file", "\(folder) is a link, which Kiln does not write through",
        help: "remove it; Kiln makes the folder")
    }
    try folder.makeFolders()
    if file.isLink { file.removeAll() }
    let contents = Contents(seal: try seal(others + open), troubles: others + open)
    try FileReplacement.replace([.init(path: file, bytes: Array(try Self.encoded(contents)))])
  }
}
