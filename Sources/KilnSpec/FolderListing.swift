import KilnArtifacts
import SystemPackage

/// The names in a folder.
enum FolderListing {
  struct Failure: Error {
    let message: String
    var help: String?
  }

  /// Sorted by bytes; none where there is no folder.
  /// - Throws: `Failure` where something is there that cannot be listed, or whose names cannot be shown.
  static func names(in folder: FilePath) throws(Failure) -> [String] {
    let names: [String]
    do {
      names = try folder.names()
    } catch {
      let reason = (error as? FileSystemError)?.errno
      // A dangling link is there; its folder is not.
      if reason == .noSuchFileOrDirectory, !folder.isLink { return [] }
      throw Failure(message: "the folder cannot be listed: \(reason.map { "\($0)" } ?? "\(error)")")
    }
    let isWrong = { (name: String) in
      name.unicodeScalars.contains {
        [.control, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
      }
    }
    if let name = names.sorted().first(where: isWrong) {
      throw Failure(
        message: "the name of a file has a control character: \(name.debugDescription)", help: "rename the file")
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
