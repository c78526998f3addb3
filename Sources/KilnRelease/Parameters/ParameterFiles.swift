import KilnArtifacts
package import KilnAzure
package import KilnConsole
package import KilnDiagnostics
package import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Deployment parameters files that are patched together.
package struct ParameterFiles: Sendable {
  /// As messages call them.
  package let names: [String]
  /// The deployment template that they are for; what does not fit it is refused.
  package let template: String?
  /// Else what a symbolic link points to is changed.
  package let refusesLinks: Bool
  /// Where the one file is written instead; what stands there is replaced.
  package let output: String?
  /// A folder below another where copies are written instead.
  private let copies: (name: String, path: FilePath, below: FilePath)?
  /// Whether nothing is said of what is written.
  private let isQuiet: Bool
  package let context: CommandContext

  private static let sizeLimit = 256 << 20

  package init(
    _ names: [String], template: String?, refusesLinks: Bool = false, output: String? = nil,
    copies: (name: String, path: FilePath, below: FilePath)? = nil, isQuiet: Bool = false, context: CommandContext
  ) {
    self.copies = copies
    self.isQuiet = isQuiet
    self.names = names
    self.template = template
    self.refusesLinks = refusesLinks
    self.output = output
    self.context = context
  }

  /// Reads the files and says what they would become; nothing is written.
  /// - Parameter isHeld: Whether no other kiln changes what will be written while the result lives. What is only read
  ///   needs no lock, for files are replaced whole.
  package func patched(by patch: ParameterPatch, isHeld: Bool) throws -> PatchedFiles {
    let (template, templateText) = try template.map(readTemplate) ?? (nil, "")
    let paths = try names.map { (name: $0, path: try resolved($0)) }
    let folder = copies.map { ParameterDestination.folder(name: $0.name, path: $0.path, below: $0.below) }
    let destination = try output.map { try self.destination($0, of: paths.map(\.path)) } ?? folder ?? .inPlace
    let held = isHeld ? try hold(destination.written(instead: paths)) : []
    var problems: [Diagnostic] = []
    var excerpts: [String: String] = [:]
    var results: [PatchedFiles.File] = []
    for (name, path) in paths {
      let bytes = try RegularFile.read(path, limit: Self.sizeLimit)
      let (patched, found, excerpt) = ParameterPatcher(file: name, template: template).outcome(bytes, patch)
      problems += found
      excerpts[name] = excerpt
      if let patched { results.append(.init(name: name, path: path, old: bytes, patched: patched)) }
    }
    if let warning = template?.unmanagedDisk {
      problems.append(warning)
      excerpts[warning.location?.file ?? ""] = templateText
    }
    if problems.hasErrors { throw CommandError(problems, sources: excerpts) }
    return PatchedFiles(
      files: results, warnings: problems, excerpts: excerpts, destination: destination, isQuiet: isQuiet,
      console: context.console, held: held)
  }

  private func readTemplate(_ name: String) throws -> (DeploymentTemplate?, String) {
    let bytes = try RegularFile.read(context.folder.pushing(FilePath(name)), limit: Self.sizeLimit)
    do {
      return (try DeploymentTemplate(bytes, file: name), DeploymentTemplate.excerpt(of: bytes) ?? "")
    } catch {
      throw CommandError(error.diagnostics, sources: [name: DeploymentTemplate.excerpt(of: bytes) ?? ""])
    }
  }

  /// The file itself, or what a symbolic link points to.
  func resolved(_ name: String) throws -> FilePath {
    let path = context.folder.pushing(FilePath(name))
    guard path.isLink else { return path }
    if refusesLinks {
      throw CommandError("parameters.link", "\(name) is a symbolic link", help: "name the file that it points to")
    }
    return Containment.real(path) ?? path
  }

  /// Holds the files, in one order for every kiln, so that no two wait for each other.
  private func hold(_ files: [(name: String, path: FilePath)]) throws -> [HeldFile] {
    var held: [HeldFile] = []
    for (name, path) in files.sorted(by: { $0.path.string < $1.path.string }) {
      let file = try HeldFile.hold(path, beside: held) {
        context.console.error("another kiln patches \(name); waiting\n")
      }
      guard let file else {
        throw CommandError("parameters.twice", "\(name) is named twice", help: "name each file once")
      }
      held.append(file)
    }
    return held
  }
}

/// What parameters files become.
package struct PatchedFiles: Sendable {
  package struct File: Sendable {
    package let name: String
    package let path: FilePath
    package let old: [UInt8]
    package let patched: PatchedParameters

    package var isChanged: Bool { patched.bytes != old }

    fileprivate var isOpenToOthers: Bool {
      var status = stat()
      return path.withPlatformString { stat($0, &status) } == 0 && status.st_mode & 0o077 != 0
    }
  }

  package let files: [File]
  package let warnings: [Diagnostic]
  /// The files' texts by name, without the values that no excerpt may show.
  package let excerpts: [String: String]
  fileprivate let destination: ParameterDestination
  fileprivate let isQuiet: Bool
  fileprivate let console: Console
  /// Let go when this value is.
  fileprivate let held: [HeldFile]

  package var changed: [File] { files.filter(\.isChanged) }
  /// Unchanged, and yet open to others with a secret in it.
  package var exposed: [File] { files.filter { !$0.isChanged && $0.patched.holdsSecret && $0.isOpenToOthers } }

  /// What changes in them, secrets as asterisks.
  package var difference: String {
    changed.map { LineDiff.unified(path: $0.name, old: $0.patched.shownBefore, new: $0.patched.shownAfter) }.joined()
  }

  /// What `replace` would do, a line for each file.
  package var pending: [String] {
    changed.map { "\($0.name) would change" } + exposed.map { "\($0.name) would get mode 0600: it holds a secret" }
  }

  /// Says what changes, and changes it.
  /// - Parameter isPrinting: Whether the only file goes to standard output, patched.
  /// - Returns: Whether something would change, where it is only checked.
  package func finish(isShowing: Bool, isChecking: Bool, isPrinting: Bool) throws -> Bool {
    console.report(warnings, sources: excerpts)
    if isShowing { console.output(difference) }
    if isChecking {
      for line in pending { console.error("\(line)\n") }
      return !pending.isEmpty
    }
    if isPrinting, let file = files.first { console.raw(.output, file.patched.bytes) } else { try replace() }
    return false
  }

  /// Replaces all files or none, and says which were patched; or writes the one elsewhere.
  package func replace() throws {
    switch destination {
    case .inPlace: try replaceInPlace()
    case .system(let path): try write(to: path)
    case .folder(let name, let folder, let root): try copy(into: folder, name, below: root)
    case .file(_, let path):
      try FileReplacement.replace(
        files.map { .init(path: path, bytes: $0.patched.bytes, isPrivate: $0.patched.holdsSecret, isUsers: true) })
    }
    withExtendedLifetime(held) {}
  }

  private func replaceInPlace() throws {
    try FileReplacement.replace(
      (changed + exposed).map {
        .init(path: $0.path, bytes: $0.patched.bytes, isPrivate: $0.patched.holdsSecret, isUsers: true)
      })
    for file in files { console.error("\(file.name): \(file.isChanged ? "patched" : "unchanged")\n") }
  }

  private func copy(into folder: FilePath, _ name: String, below root: FilePath) throws {
    try UnlinkedFolder.make(folder, below: root)
    // By the names that the spec gives them, which differ; what links lead to may be of one name.
    let copies = files.compactMap { file in FilePath(file.name).lastComponent.map { (file: file, name: $0.string) } }
    try FileReplacement.replace(
      copies.map {
        .init(path: folder.appending($0.name), bytes: $0.file.patched.bytes, isPrivate: true, isUsers: false)
      })
    for (file, copy) in copies where !isQuiet { console.error("\(file.name): patched as \(name)/\(copy)\n") }
  }

  private func write(to path: FilePath) throws {
    do {
      let descriptor = try FileDescriptor.open(path, .writeOnly, options: [.append, .closeOnExec, .nonBlocking])
      // Without a reader a pipe is refused; with one, it is waited for.
      _ = fcntl(descriptor.rawValue, F_SETFL, fcntl(descriptor.rawValue, F_GETFL) & ~O_NONBLOCK)
      _ = try descriptor.closeAfter { for file in files { try descriptor.writeAll(file.patched.bytes) } }
    } catch let error as Errno { throw FileSystemError("write", path, error) }
  }
}
