import Foundation
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
      try FileDescriptor.open(folder, .readOnly, options: [.directory, .nonBlocking, .closeOnExec]).close()
      names = try FileManager.default.contentsOfDirectory(atPath: folder.string)
    } catch {
      var info = stat()
      // A dangling link is there; its folder is not.
      if error as? Errno == .noSuchFileOrDirectory, folder.withPlatformString({ lstat($0, &info) }) != 0 { return [] }
      throw Failure(message: "the folder cannot be listed: \((error as? Errno).map { "\($0)" } ?? "\(error)")")
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
