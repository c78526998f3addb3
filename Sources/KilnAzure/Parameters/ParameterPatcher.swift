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
    var editing = ParameterEditing(file: file, root: root, patch: patch, template: template)
    editing.run()
    if editing.problems.hasErrors { return (nil, editing.problems.inCanonicalOrder()) }
    let patched = PatchedParameters(
      bytes: encoding.encode(editing.applied { $0.replacement }), text: text, edits: editing.edits,
      holdsSecret: editing.holdsSecret)
    return (patched, editing.problems.inCanonicalOrder())
  }
}

/// Lines and columns of byte offsets.
struct TextPlace {
  private let text: [UInt8]
  /// Where each line begins.
  private let starts: [Int]

  init(_ text: [UInt8]) {
    self.text = text
    var starts = [text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0]
    for at in text.indices where text[at] == 0x0A { starts.append(at + 1) }
    self.starts = starts
  }

  func location(_ offset: Int, in file: String, length: Int = 1) -> SourceLocation {
    let offset = min(offset, text.count)
    var (low, high) = (0, starts.count)
    while low + 1 < high {
      let middle = (low + high) / 2
      if starts[middle] <= offset { low = middle } else { high = middle }
    }
    let start = min(starts[low], offset)
    let column = String(decoding: text[start..<offset], as: UTF8.self).unicodeScalars.count + 1
    return SourceLocation(file: file, line: low + 1, column: column, length: length)
  }
}
