public import KilnDiagnostics

/// Patches deployment parameters without touching a byte outside the values that change.
///
/// Bytes in, bytes out; UTF-8 or UTF-16 with a byte order mark, comments and trailing commas allowed.
public struct ParameterPatcher: Sendable {
  private let file: String
  private let template: DeploymentTemplate?

  /// - Parameters:
  ///   - file: The name that diagnostics give the file.
  ///   - template: The deployment template whose parameters the file is for.
  public init(file: String, template: DeploymentTemplate? = nil) {
    self.file = file
    self.template = template
  }

  /// - Returns: The patched file and warnings; nil with at least one error.
  public func patch(_ bytes: [UInt8], _ patch: ParameterPatch) -> (patched: PatchedParameters?, problems: [Diagnostic])
  {
    guard let (text, encoding) = TextEncoding.decode(bytes) else {
      return (
        nil, [Diagnostic("parameters.encoding", "the file is neither UTF-8 nor UTF-16", at: SourceLocation(file: file))]
      )
    }
    let root: JSONCNode
    do {
      root = try JSONCParser.parse(text)
    } catch {
      let place = TextPlace(text).location(error.offset, in: file)
      return (nil, [Diagnostic("parameters.syntax", "not JSON: \(error.message)", at: place)])
    }
    var edit = ParameterEditing(file: file, text: text, root: root, patch: patch, template: template)
    edit.run()
    if edit.problems.hasErrors { return (nil, edit.problems.inCanonicalOrder()) }
    let patched = PatchedParameters(
      bytes: encoding.encode(edit.applied { $0.replacement }), shownBefore: edit.shownBefore,
      shownAfter: edit.applied { $0.shown },
      holdsSecret: edit.edits.contains(where: \.isSecret))
    return (patched, edit.problems.inCanonicalOrder())
  }
}

/// Lines and columns of byte offsets.
struct TextPlace {
  private let text: [UInt8]

  init(_ text: [UInt8]) { self.text = text }

  func location(_ offset: Int, in file: String, length: Int = 1) -> SourceLocation {
    let before = text[..<min(offset, text.count)]
    let line = before.reduce(1) { $0 + ($1 == 0x0A ? 1 : 0) }
    let start =
      before.lastIndex(of: 0x0A).map { $0 + 1 } ?? (text.starts(with: [0xEF, 0xBB, 0xBF]) ? min(3, before.count) : 0)
    let column = String(decoding: before[start...], as: UTF8.self).unicodeScalars.count + 1
    return SourceLocation(file: file, line: line, column: column, length: length)
  }
}
