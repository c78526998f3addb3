import KilnArtifacts
import KilnSpec
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What runs of `kiln watch --once` leave to the next: the troubles that were reported and have not ended.
struct WatchState {
  private let file: FilePath

  /// - Parameter stage: What is watched; runs of different stages know nothing of each other.
  init(_ layout: WorkspaceLayout, stage: String?) { file = layout.watch(stage) }

  /// None where there is no file, or one that says nothing.
  var open: [WatchTrouble] {
    guard let bytes = try? RegularFile.read(file, limit: 1 << 20) else { return [] }
    return (try? JSONDecoder().decode([WatchTrouble].self, from: Data(bytes))) ?? []
  }

  /// - Parameters:
  ///   - pages: Those that were asked; what others know stays.
  func write(_ open: [WatchTrouble], of pages: [WatchedPage.ID]) throws {
    let others = self.open.filter { !pages.contains($0.page) }
    try file.removingLastComponent().makeFolders()
    try FileReplacement.replace([.init(path: file, bytes: Array(try JSONEncoder().encode(others + open)))])
  }
}
