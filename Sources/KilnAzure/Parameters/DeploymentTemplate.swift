public import KilnDiagnostics
import KilnPacker

/// The parameters of a deployment template, and what they are used for.
public struct DeploymentTemplate: Sendable {
  private struct Parameter {
    let name: String
    let type: String
    let hasDefault: Bool
    /// Strings by their text, all else by its JSON.
    let allowed: [String]
    /// The same as they are written.
    let allowedJSON: [String]
    let lengths: ClosedRange<Int>
    let values: ClosedRange<Int>
  }

  private let parameters: [Parameter]
  /// The first of each name, in lower case.
  private let byName: [String: Parameter]
  /// A warning that the template makes a disk of a VHD's URI; nil where it does not.
  public let unmanagedDisk: Diagnostic?
  /// Parameters that give an image's id, and those that give a VHD's URI.
  private let ids: Set<String>
  private let uris: Set<String>

  /// - Throws: `DiagnosticsError` when it is no template.
  public init(_ bytes: [UInt8], file: String) throws(DiagnosticsError) {
    guard let (text, _) = TextEncoding.decode(bytes) else {
      throw DiagnosticsError([
        Diagnostic("parameters.encoding", "the file is neither UTF-8 nor UTF-16", at: SourceLocation(file: file))
      ])
    }
    let root: JSONCNode
    do {
      root = try JSONCParser.parse(text)
    } catch {
      throw DiagnosticsError([
        Diagnostic(
          "parameters.syntax", "not JSON: \(error.message)", at: TextPlace(text).location(error.offset, in: file))
      ])
    }
    func integer(_ node: JSONCNode?) -> Int? {
      guard let node, node.kind == .number else { return nil }
      return Int(String(decoding: text[node.range], as: UTF8.self))
    }
    parameters = (root["parameters"]?.members ?? []).map { node in
      let allowed = node["allowedValues"].map { Array($0.children) } ?? []
      return Parameter(
        name: node.key, type: node["type"]?.text?.lowercased() ?? "",
        hasDefault: node["defaultValue"] != nil || node["nullable"]?.kind == .true,
        allowed: allowed.map { $0.text ?? String(decoding: text[$0.range], as: UTF8.self) },
        allowedJSON: allowed.map { String(decoding: text[$0.range], as: UTF8.self) },
        lengths: (integer(node["minLength"]) ?? 0)...max(
          integer(node["minLength"]) ?? 0, integer(node["maxLength"]) ?? Int.max),
        values: (integer(node["minValue"]) ?? Int.min)...max(
          integer(node["minValue"]) ?? Int.min, integer(node["maxValue"]) ?? Int.max))
    }
    byName = Dictionary(parameters.map { ($0.name.lowercased(), $0) }) { first, _ in first }
    var ids: Set<String> = []
    var uris: Set<String> = []
    var unmanaged: Range<Int>?
    func walk(_ node: JSONCNode, _ path: [String]) {
      for child in node.children { walk(child, node.kind == .object ? path + [child.key.lowercased()] : path) }
      if unmanaged == nil, path.suffix(3) == ["osdisk", "image", "uri"] { unmanaged = node.keyRange }
      guard let text = node.text?.filter({ !$0.isWhitespace }).lowercased(), text.hasPrefix("[parameters('"),
        text.hasSuffix("')]")
      else { return }
      let name = String(text.dropFirst("[parameters('".count).dropLast("')]".count))
      if path.suffix(2) == ["imagereference", "id"] { ids.insert(name) }
      if path.suffix(2) == ["image", "uri"] { uris.insert(name) }
    }
    walk(root, [])
    self.ids = ids
    self.uris = uris
    unmanagedDisk = unmanaged.map { range in
      Diagnostic(
        "parameters.unmanaged-disk",
        "osDisk.image.uri makes an unmanaged disk, and Azure no longer deploys any", severity: .warning,
        at: TextPlace(text).location(range.lowerBound, in: file, length: range.count),
        suggestion:
          "make an image of the VHD (Microsoft.Compute/images, osDisk.blobUri) and give its id to imageReference.id; or capture a managedImage or a gallery's version"
      )
    }
  }

  /// The template's text for excerpts, without the values of its strings; nil where it is no text.
  package static func excerpt(of bytes: [UInt8]) -> String? {
    guard let (text, _) = TextEncoding.decode(bytes) else { return nil }
    do {
      return ParameterMask(try JSONCParser.parse(text), secure: []).excerpt(showing: [])
    } catch {
      return ParameterMask(text, brokenAt: error.offset).excerpt(showing: [])
    }
  }

  private func parameter(_ name: String) -> Parameter? { byName[name.lowercased()] }

  /// The declared type in lower case, or nil.
  func type(of name: String) -> String? { parameter(name)?.type }

  struct Problem {
    let id: String
    let parameter: String
    let message: String
    let suggestion: String?
  }

  /// What does not fit in the patched file.
  ///
  /// - Parameter secrets: The parameters, in lower case, whose values are not told.
  func problems(parameters members: JSONCNode, patch: ParameterPatch, secrets: Set<String>) -> [Problem] {
    var found: [Problem] = []
    var names: Set<String> = []
    let standIns = Set(patch.parameters.filter(\.value.isStandIn).map { $0.name.lowercased() })
    for member in members.children {
      let name = member.key
      names.insert(name.lowercased())
      guard let parameter = parameter(name) else {
        // More than a renderer shows need no help.
        let near =
          found.count > 100 ? nil : nearest(to: name, among: parameters.map(\.name)).map { "did you mean \"\($0)\"?" }
        found.append(
          Problem(
            id: "parameters.not-in-template", parameter: name,
            message: "the template has no parameter \"\(name)\"",
            suggestion: near ?? "Azure refuses a parameter that the template does not declare"))
        continue
      }
      guard let value = member["value"], value.kind != .null, !standIns.contains(name.lowercased()) else { continue }
      found += problems(of: value, name, parameter, isSecret: secrets.contains(name.lowercased()))
    }
    for parameter in parameters where !parameter.hasDefault && !names.contains(parameter.name.lowercased()) {
      found.append(
        Problem(
          id: "parameters.missing", parameter: parameter.name,
          message: "the template needs the parameter \"\(parameter.name)\"",
          suggestion: "--set \(parameter.name)=VALUE --add"))
    }
    return found + patch.parameters.compactMap(misuse)
  }

  private func problems(of value: JSONCNode, _ name: String, _ parameter: Parameter, isSecret: Bool) -> [Problem] {
    let json = String(decoding: value.document.text[value.range], as: UTF8.self)
    let shown = isSecret || parameter.type.hasPrefix("secure") ? "***" : json
    func problem(_ id: String, _ message: String, _ suggestion: String? = nil) -> [Problem] {
      [Problem(id: id, parameter: name, message: message, suggestion: suggestion)]
    }
    let fits: Bool =
      switch parameter.type {
      case "string", "securestring": value.kind == .string
      case "int": value.kind == .number && Int(json) != nil
      case "bool": value.kind == .true || value.kind == .false
      case "array": value.kind == .array
      case "object", "secureobject": value.kind == .object
      default: true
      }
    guard fits else {
      return problem(
        "parameters.type", "the template's \"\(name)\" is of type \(parameter.type), and \(shown) is not")
    }
    var found: [Problem] = []
    // .NET's length, which Azure checks: UTF-16 code units.
    let count =
      value.text?.utf16.count ?? (value.kind == .array ? value.children.reduce(0) { count, _ in count + 1 } : nil)
    if let count, !parameter.lengths.contains(count) {
      found += problem(
        "parameters.length",
        isSecret
          ? "\"\(name)\" is too short or too long"
          : "\"\(name)\" has \(count) \(value.kind == .array ? "items" : "characters")",
        "the template takes \(Self.bounds(parameter.lengths))")
    }
    if value.kind == .number, let number = Int(json), !parameter.values.contains(number) {
      found += problem(
        "parameters.length", "\"\(name)\" is \(shown)", "the template takes \(Self.bounds(parameter.values))")
    }
    if !parameter.allowed.isEmpty, value.kind != .array, !parameter.allowed.contains(value.text ?? json) {
      found += problem(
        "parameters.allowed", "\"\(name)\" cannot be \(shown)",
        "the template allows: \(parameter.allowedJSON.joined(separator: ", "))")
    }
    return found
  }

  /// `3 to 24`, `at least 3`, `at most 24`.
  private static func bounds(_ range: ClosedRange<Int>) -> String {
    if range.upperBound == .max { return "at least \(range.lowerBound)" }
    if range.lowerBound == .min || range.lowerBound == 0 { return "at most \(range.upperBound)" }
    return "\(range.lowerBound) to \(range.upperBound)"
  }

  /// An artifact that the template uses otherwise.
  private func misuse(of entry: ParameterPatch.Entry) -> Problem? {
    guard let kind = entry.value.artifactKind else { return nil }
    let name = entry.name.lowercased()
    if kind == .vhd, ids.contains(name) {
      return Problem(
        id: "parameters.artifact-kind", parameter: entry.name,
        message: "\"\(entry.name)\" is an image's id in the template, and a VHD has a URI",
        suggestion: "use \(ArtifactKind.managedImage) or \(ArtifactKind.galleryImage)")
    }
    if kind.isAzureImage, uris.contains(name) {
      return Problem(
        id: "parameters.artifact-kind", parameter: entry.name,
        message: "\"\(entry.name)\" is a VHD's URI in the template, and a \(kind) has an id", suggestion: "use vhd")
    }
    return nil
  }
}
