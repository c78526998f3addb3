public import KilnDiagnostics

/// The parameters of a deployment template, and what they are used for.
public struct DeploymentTemplate: Sendable {
  private struct Parameter {
    let name: String
    let type: String
    let hasDefault: Bool
    let allowed: [[UInt8]]
    let lengths: ClosedRange<Int>
    let values: ClosedRange<Int>
  }

  private let parameters: [Parameter]
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
    func string(_ node: JSONCNode?) -> String? {
      guard case .string(let range)? = node else { return nil }
      return JSONCString(text, range).text
    }
    func integer(_ node: JSONCNode?) -> Int? {
      guard case .number(let range)? = node else { return nil }
      return Int(String(decoding: text[range], as: UTF8.self))
    }
    parameters = (root["parameters"]?.members ?? []).map { member in
      let node = member.value
      var allowed: [[UInt8]] = []
      if case .array(let items, _)? = node["allowedValues"] { allowed = items.map { Array(text[$0.range]) } }
      return Parameter(
        name: member.key, type: string(node["type"])?.lowercased() ?? "",
        hasDefault: node["defaultValue"] != nil || node["nullable"]?.isTrue == true,
        allowed: allowed,
        lengths: (integer(node["minLength"]) ?? 0)...max(
          integer(node["minLength"]) ?? 0, integer(node["maxLength"]) ?? Int.max),
        values: (integer(node["minValue"]) ?? Int.min)...max(
          integer(node["minValue"]) ?? Int.min, integer(node["maxValue"]) ?? Int.max))
    }
    var ids: Set<String> = []
    var uris: Set<String> = []
    func walk(_ node: JSONCNode, _ path: [String]) {
      switch node {
      case .object(let members, _): for member in members { walk(member.value, path + [member.key.lowercased()]) }
      case .array(let items, _): for item in items { walk(item, path) }
      case .string(let range):
        let text = JSONCString(text, range).text.filter { !$0.isWhitespace }.lowercased()
        guard text.hasPrefix("[parameters('"), text.hasSuffix("')]") else { return }
        let name = String(text.dropFirst("[parameters('".count).dropLast("')]".count))
        if path.suffix(2) == ["imagereference", "id"] { ids.insert(name) }
        if path.suffix(2) == ["image", "uri"] { uris.insert(name) }
      case .number, .bool, .null: break
      }
    }
    walk(root, [])
    self.ids = ids
    self.uris = uris
  }

  private func parameter(_ name: String) -> Parameter? {
    parameters.first { $0.name.lowercased() == name.lowercased() }
  }

  /// The declared type in lower case, or nil.
  func type(of name: String) -> String? { parameter(name)?.type }

  /// What does not fit in the file once `patch` is carried out.
  func problems(file: String, members: [JSONCNode.Member], text: [UInt8], patch: ParameterPatch) -> [Diagnostic] {
    var found: [Diagnostic] = []
    let place = TextPlace(text)
    for member in members where parameter(member.key) == nil {
      let near = nearest(to: member.key, among: parameters.map(\.name)).map { "did you mean \"\($0)\"?" }
      found.append(
        Diagnostic(
          "parameters.not-in-template", "the template has no parameter \"\(member.key)\"",
          at: place.location(member.keyRange.lowerBound, in: file, length: member.keyRange.count),
          suggestion: near ?? "Azure refuses a parameter that the template does not declare"))
    }
    let names = Set((members.map(\.key) + patch.parameters.map(\.name)).map { $0.lowercased() })
    for parameter in parameters where !parameter.hasDefault && !names.contains(parameter.name.lowercased()) {
      found.append(
        Diagnostic(
          "parameters.missing", "the template needs the parameter \"\(parameter.name)\"",
          at: SourceLocation(file: file), suggestion: "--set \(parameter.name)=VALUE --add"))
    }
    for entry in patch.parameters { found += problems(of: entry, file: file) }
    return found
  }

  private func problems(of entry: ParameterPatch.Entry, file: String) -> [Diagnostic] {
    var found: [Diagnostic] = []
    let location = SourceLocation(file: file)
    guard let parameter = parameter(entry.name) else {
      return [Diagnostic("parameters.not-in-template", "the template has no parameter \"\(entry.name)\"", at: location)]
    }
    func refuse(_ id: String, _ message: String, _ suggestion: String? = nil) {
      found.append(Diagnostic(id, message, at: location, suggestion: suggestion))
    }
    let node = try? JSONCParser.parse(Array(entry.value.text.utf8))
    let isString = parameter.type == "string" || parameter.type == "securestring"
    let fits: Bool =
      switch (parameter.type, node) {
      case ("int", .number?): Int(entry.value.text) != nil
      case ("bool", .bool?), ("array", .array?), ("object", .object?), ("secureobject", .object?): true
      default: isString
      }
    if !fits {
      refuse(
        "parameters.type", "the template's \"\(entry.name)\" is of type \(parameter.type), and \(entry.value) is not")
    }
    if isString {
      let count = entry.value.text.utf16.count
      if !parameter.lengths.contains(count) {
        refuse(
          "parameters.length", "\"\(entry.name)\" has \(count) characters",
          "the template takes \(parameter.lengths.lowerBound) to \(parameter.lengths.upperBound)")
      }
    } else if let number = Int(entry.value.text), !parameter.values.contains(number) {
      refuse(
        "parameters.length", "\"\(entry.name)\" is \(number)",
        "the template takes \(parameter.values.lowerBound) to \(parameter.values.upperBound)")
    }
    let json =
      isString
      ? [UInt8(ascii: "\"")] + JSONCString.escaped(entry.value.text) + [UInt8(ascii: "\"")]
      : Array(entry.value.text.utf8)
    if !parameter.allowed.isEmpty, !parameter.allowed.contains(json) {
      let allowed = parameter.allowed.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ", ")
      refuse("parameters.allowed", "\"\(entry.name)\" cannot be \(entry.value)", "the template allows: \(allowed)")
    }
    if let kind = entry.value.artifactKind {
      let name = parameter.name.lowercased()
      if kind == "vhd", ids.contains(name) {
        refuse(
          "parameters.artifact-kind", "\"\(entry.name)\" is an image's id in the template, and a VHD has a URI",
          "use managed-image or gallery-image")
      }
      if kind == "managed-image" || kind == "gallery-image", uris.contains(name) {
        refuse(
          "parameters.artifact-kind", "\"\(entry.name)\" is a VHD's URI in the template, and a \(kind) has an id",
          "use vhd")
      }
    }
    return found
  }
}
