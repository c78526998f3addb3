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
    let outcome = outcome(bytes, patch)
    return (outcome.patched, outcome.problems)
  }

  /// The same, and the file's text for excerpts, without what they may not show; nil where there are no problems.
  package func outcome(
    _ bytes: [UInt8], _ patch: ParameterPatch
  ) -> (patched: PatchedParameters?, problems: [Diagnostic], excerpt: String?) {
    guard let (text, encoding) = TextEncoding.decode(bytes) else {
      return (
        nil,
        [Diagnostic("parameters.encoding", "the file is neither UTF-8 nor UTF-16", at: SourceLocation(file: file))],
        nil
      )
    }
    let root: JSONCNode
    do {
      root = try JSONCParser.parse(text)
    } catch {
      let place = TextPlace(text).location(error.offset, in: file)
      let mask = ParameterMask(text, brokenAt: error.offset)
      return (
        nil, [Diagnostic("parameters.syntax", "not JSON: \(error.message)", at: place)], mask.excerpt(showing: [])
      )
    }
    var editing = ParameterEditing(file: file, root: root, patch: patch, template: template)
    editing.run()
    let problems = editing.problems.inCanonicalOrder()
    let excerpt = problems.isEmpty ? nil : editing.mask.excerpt(showing: editing.places)
    if problems.hasErrors { return (nil, problems, excerpt) }
    let patched = PatchedParameters(editing, bytes: encoding.encode(editing.applied { $0.replacement }))
    return (patched, problems, excerpt)
  }
}

/// Lines and columns of byte offsets.
struct TextPlace {
  private let text: [UInt8]
  /// Where each line begins.
  private let starts: [Int]
  /// How many scalars there are before each `step` bytes: a file of many places may be one line.
  private let scalars: [Int]
  private static let step = 1024

  init(_ text: [UInt8]) {
    self.text = text
    var starts = [text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0]
    for at in text.indices where text[at] == 0x0A { starts.append(at + 1) }
    self.starts = starts
    var scalars = [0]
    for start in stride(from: 0, to: text.count, by: Self.step) {
      scalars.append(scalars[scalars.count - 1] + Self.count(text[start..<min(start + Self.step, text.count)]))
    }
    self.scalars = scalars
  }

  /// Scalars that begin in `bytes`.
  private static func count(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) } }

  private func scalars(before offset: Int) -> Int {
    let index = offset / Self.step
    return scalars[index] + Self.count(text[index * Self.step..<offset])
  }

  func location(_ offset: Int, in file: String, length: Int = 1) -> SourceLocation {
    let offset = min(offset, text.count)
    var (low, high) = (0, starts.count)
    while low + 1 < high {
      let middle = (low + high) / 2
      if starts[middle] <= offset { low = middle } else { high = middle }
    }
    let start = min(starts[low], offset)
    let column = scalars(before: offset) - scalars(before: start) + 1
    return SourceLocation(file: file, line: low + 1, column: column, length: length)
  }
}
