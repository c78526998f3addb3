package import KilnArtifacts
package import KilnDiagnostics
package import KilnSpec
import Synchronization
package import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Files that specs and definitions name, on disk; none of them is outside of what the workspace may read.
package struct WorkspaceFiles: Sendable {
  package let root: FilePath
  package let containment: Containment
  private let places = Places()

  /// What stands at paths from the workspace's root: a fleet names the same ones over and over.
  private final class Places: Sendable {
    enum Place {
      case file, folder, nothing
      /// What is no regular file, as "a FIFO".
      case other
      /// With what the path leads to.
      case outside(FilePath)
      case owned(by: Containment.Owner)
    }
    private let known = Mutex<[FilePath: Place]>([:])

    func place(of path: FilePath, below root: FilePath, in containment: Containment) -> Place {
      if let place = known.withLock({ $0[path] }) { return place }
      let place = Self.look(root.pushing(path).normalized, containment)
      known.withLock { $0[path] = place }
      return place
    }

    private static func look(_ path: FilePath, _ containment: Containment) -> Place {
      switch containment.place(of: path) {
      case .absent: return .nothing
      case .outside(let target): return .outside(target)
      case .owned(let owner): return .owned(by: owner)
      case .inside(let real):
        var status = stat()
        guard real.withPlatformString({ stat($0, &status) }) == 0 else { return .nothing }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .folder
        default: return .other
        }
      }
    }
  }

  /// What was asked for, for whoever needs to know whether it has changed.
  private final class Asked: Sendable {
    let digests = Mutex<[String: ContentDigest]>([:])
    let missing = Mutex<Set<String>>([])
  }
  private let asked = Asked()
  package var copied: [String: ContentDigest] { asked.digests.withLock { $0 } }
  package var missing: Set<String> { asked.missing.withLock { $0 } }

  package init(root: FilePath, containment: Containment) {
    self.root = root
    self.containment = containment
  }

  /// Files copied into images are no larger than this.
  package static let sizeLimit = 16 << 20

  /// The bytes of a file that a definition's step copies; it stays inside the workspace.
  package func read(_ path: String, _ location: SourceLocation) -> Result<[UInt8], DiagnosticsError> {
    func refuse(_ message: String, id: String = "spec.missing-path") -> Result<[UInt8], DiagnosticsError> {
      .failure(DiagnosticsError([Diagnostic(id, message, at: location)]))
    }
    let relative = FilePath(path).lexicallyNormalized()
    if relative.isAbsolute || relative.components.first?.string == ".." || SourceFile(path).origin == .catalog {
      return refuse("\"\(path)\" leaves the workspace", id: "spec.path-outside")
    }
    func missing() -> Result<[UInt8], DiagnosticsError> {
      _ = asked.missing.withLock { $0.insert(relative.string) }
      return refuse("there is no file \"\(path)\"")
    }
    let real: FilePath
    switch containment.place(of: root.pushing(relative)) {
    case .absent: return missing()
    case .outside(let target):
      return .failure(
        DiagnosticsError([.outside("the file \"\(path)\"", at: location, leadsTo: target, containment)]))
    case .owned(let owner):
      return .failure(DiagnosticsError([.owned("the file \"\(path)\"", by: owner, at: location)]))
    case .inside(let target): real = target
    }
    do throws(RegularFile.Failure) {
      let bytes = try RegularFile.read(real, limit: Self.sizeLimit, following: .refused)
      asked.digests.withLock { $0[path] = ContentDigest(of: bytes) }
      return .success(bytes)
    } catch {
      switch error.reason {
      case .absent, .otherKind("a folder"): return missing()
      case .tooLarge: return refuse("\"\(path)\" is larger than 16 MiB", id: "spec.unreadable")
      case .otherKind, .refused: return refuse("\"\(path)\" cannot be read: \(error.why)", id: "spec.unreadable")
      }
    }
  }

  /// Sources, overlays, parameters files and load tests' plans that are not there, or are outside.
  package func problems(in spec: EnvironmentSpec) -> [Diagnostic] {
    folders(in: spec) + parameters(in: spec) + loadPlans(in: spec)
  }

  /// Folders that `kiln.yaml` allows and that are not there.
  package func problems(inAllowed allowed: [Located<FilePath>]) -> [Diagnostic] {
    allowed.compactMap { folder in
      var status = stat()
      let found = root.pushing(folder.value).withPlatformString { stat($0, &status) }
      guard found != 0 || status.st_mode & S_IFMT != S_IFDIR else { return nil }
      return Diagnostic(
        "spec.missing-path", "the allowed folder \"\(folder.value)\" \(found == 0 ? "is no folder" : "is not there")",
        at: folder.location, suggestion: "paths are relative to kiln.yaml")
    }
  }

  private func parameters(in spec: EnvironmentSpec) -> [Diagnostic] {
    guard let parameters = spec.machine?.parameters else { return [] }
    return (parameters.files + (parameters.template.map { [$0] } ?? [])).compactMap { path in
      problem(path, "the file", isWanted: { if case .file = $0 { true } else { false } })
    }
  }

  private func loadPlans(in spec: EnvironmentSpec) -> [Diagnostic] {
    spec.loadTests.compactMap { test in
      guard case .plan(let path) = test.source, path.value.isRelative else { return nil }
      return problem(path, "the plan", isWanted: { if case .file = $0 { true } else { false } })
    }
  }

  private func folders(in spec: EnvironmentSpec) -> [Diagnostic] {
    spec.allApps.flatMap { app in
      ([("source", app.source)] + app.overlays.map { ("overlay", $0) }).compactMap { name, path in
        // An absolute path is a problem of the spec's own.
        guard path.value.isRelative else { return nil }
        return problem(path, "the \(name) folder", isWanted: { if case .folder = $0 { true } else { false } })
      }
    }
  }

  private func problem(_ path: Located<FilePath>, _ what: String, isWanted: (Places.Place) -> Bool) -> Diagnostic? {
    let place = places.place(of: path.value, below: root, in: containment)
    if isWanted(place) { return nil }
    let name = "\(what) \"\(path.value)\""
    let why: String
    switch place {
    case .outside(let target):
      let isLexical = target == (Containment.real(root) ?? root).pushing(path.value).lexicallyNormalized()
      return .outside(name, at: path.location, leadsTo: isLexical ? nil : target, containment)
    case .owned(let owner): return .owned(name, by: owner, at: path.location)
    case .nothing: why = "is not there"
    case .file: why = "is a file, not a folder"
    case .folder: why = "is a folder"
    case .other: why = "is neither a file nor a folder"
    }
    return Diagnostic(
      "spec.missing-path", "\(name) \(why)", at: path.location,
      suggestion: "paths are relative to the file that they are in")
  }
}
