public import KilnArtifacts
public import KilnDiagnostics
public import SystemPackage

/// Reads text files for specs and keeps what was read, for excerpts in diagnostics.
public struct SourceStore: Sendable {
  /// Larger files are no specs.
  public static let sizeLimit = 1 << 20

  /// Text by the name that diagnostics give a file.
  public private(set) var texts: [String: String] = [:]
  /// The same for excerpts, of files that hold what none may show.
  public private(set) var masked: [String: String] = [:]

  public init() {}

  public mutating func add(_ text: String, as name: String) { texts[name] = text }

  /// Keeps `hidden` out of the excerpts of a file that was added; nil for one that could not be read.
  mutating func mask(_ name: String, _ hidden: [SpecNode]?) {
    guard let text = texts[name], hidden?.isEmpty != true else { return }
    masked[name] = hidden.map { SourceMask.masked(text, $0) } ?? SourceMask.maskedByLine(text)
  }

  /// The text of the file at `path`, or why it cannot be one.
  /// - Parameter containment: Where it may be; nothing is read of a file that a link leads out of it for.
  public mutating func read(
    _ path: FilePath, as name: String, within containment: Containment
  ) -> Result<String, DiagnosticsError> {
    let result = Self.text(path, as: name, within: containment)
    if case .success(let text) = result { add(text, as: name) }
    return result
  }

  /// Whether the file is a regular one inside, whose contents are no text of a spec's size.
  static func isData(_ error: DiagnosticsError) -> Bool {
    error.diagnostics.allSatisfy { ["spec.too-large", "spec.not-utf8", "spec.syntax"].contains($0.id) }
  }

  static func text(
    _ path: FilePath, as name: String, within containment: Containment
  ) -> Result<String, DiagnosticsError> {
    let location = SourceLocation(file: name)
    func refuse(_ message: String, _ suggestion: String? = nil) -> Result<String, DiagnosticsError> {
      .failure(DiagnosticsError([Diagnostic("spec.unreadable", message, at: location, suggestion: suggestion)]))
    }
    let real: FilePath
    switch containment.place(of: path) {
    case .absent: return refuse("there is no such file")
    case .outside(let target):
      return .failure(DiagnosticsError([.outside("the file", at: location, leadsTo: target, containment)]))
    case .owned(let owner): return .failure(DiagnosticsError([.owned("the file", by: owner, at: location)]))
    case .inside(let target): real = target
    }
    var bytes: [UInt8]
    do throws(RegularFile.Failure) {
      bytes = try RegularFile.read(real, limit: Self.sizeLimit, following: .refused)
    } catch {
      switch error.reason {
      case .otherKind("a folder"): return refuse("this is a directory, not a file")
      case .otherKind: return refuse("this is not a regular file", error.why)
      case .tooLarge(let limit):
        return .failure(
          DiagnosticsError([
            Diagnostic(
              "spec.too-large", "the file is too large", at: location, suggestion: "it has at most \(limit) bytes")
          ]))
      case .absent, .refused: return refuse("the file cannot be read: \(error.why)")
      }
    }
    // A byte order mark is no part of the text: Windows' editors write one, and columns count from behind it.
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      return .failure(
        DiagnosticsError([Diagnostic("spec.not-utf8", "the file is not UTF-8", at: Self.firstInvalid(bytes, name))]))
    }
    if bytes.contains(0) {
      return .failure(
        DiagnosticsError([Diagnostic("spec.syntax", "not YAML: the file has a NUL byte", at: location)]))
    }
    return .success(text)
  }

  /// The place of the first byte that is not UTF-8.
  private static func firstInvalid(_ bytes: [UInt8], _ name: String) -> SourceLocation {
    var line = 1
    for slice in bytes.split(separator: 10, omittingEmptySubsequences: false) {
      if String(validating: slice, as: UTF8.self) == nil {
        var column = 1
        var decoder = UTF8()
        var iterator = slice.makeIterator()
        while case .scalarValue = decoder.decode(&iterator) { column += 1 }
        return SourceLocation(file: name, line: line, column: column)
      }
      line += 1
    }
    return SourceLocation(file: name)
  }
}

extension Diagnostic {
  /// A file or folder that is outside of where a workspace's may be.
  /// - Parameters:
  ///   - what: As in `the source folder "../x"`.
  ///   - target: What a link on the way leads to; nil where the path itself says so.
  public static func outside(
    _ what: String, at location: SourceLocation, leadsTo target: FilePath?, _ containment: Containment
  ) -> Diagnostic {
    Diagnostic(
      "spec.path-outside",
      target.map { "\(what) leads to \($0), outside \(containment.name)" } ?? "\(what) is outside \(containment.name)",
      at: location,
      suggestion: "move it inside, or list its folder in kiln.yaml, as in `allow: [../shared]`")
  }

  /// A file or folder that Git or Kiln keeps for itself.
  /// - Parameter what: As in `the source folder "../.git"`.
  public static func owned(_ what: String, by owner: Containment.Owner, at location: SourceLocation) -> Diagnostic {
    switch owner {
    case .git:
      Diagnostic(
        "spec.git-folder", "\(what) is in Git's own folder, which may hold credentials", at: location,
        suggestion: "name a file or folder of the repository that is no part of .git")
    case .kiln:
      Diagnostic(
        "spec.kiln-folder", "\(what) is in a workspace's dist, which may hold secrets", at: location,
        suggestion: "name a file or folder that is not Kiln's own")
    }
  }
}
