import KilnArtifacts
import KilnConsole
import KilnDiagnostics
import SystemPackage

/// Where patched parameters are written.
enum ParameterDestination: Sendable {
  case inPlace
  /// Another file, which may be there already.
  case file(name: String, path: FilePath)
  /// Copies in a folder of Kiln's, which is made for them.
  case folder(name: String, path: FilePath, below: FilePath)
  /// One of the system's names, as `/dev/stdout`.
  case system(FilePath)

  /// What is written, of `files` that are read.
  func written(instead files: [(name: String, path: FilePath)]) -> [(name: String, path: FilePath)] {
    switch self {
    case .inPlace: files
    case .system, .folder: []
    case .file(let name, let path): path.isThere ? [(name, path)] : []
    }
  }
}

extension ParameterFiles {
  /// - Parameter files: What is read; one of them, under whatever name, is patched in its place.
  func destination(_ name: String, of files: [FilePath]) throws -> ParameterDestination {
    let named = context.folder.pushing(FilePath(name))
    if AtomicFile.isSystemName(named) { return .system(named) }
    let path = try resolved(name)
    let real = Containment.real(path)
    if let real, files.contains(where: { Containment.real($0) == real }) { return .inPlace }
    guard real != nil || !path.isLink else {
      throw CommandError(
        "parameters.output", "\(name) is a symbolic link to a file that is not there", help: "name the file itself")
    }
    guard path.isThere else { return .file(name: name, path: path) }
    do throws(RegularFile.Failure) {
      let (descriptor, _) = try RegularFile.open(path)
      try? descriptor.close()
    } catch {
      guard case .otherKind = error.reason else { throw error }
      throw CommandError(
        "parameters.output", "cannot write \(name): \(error.why)", help: "name a file, or - for standard output")
    }
    return .file(name: name, path: path)
  }
}
