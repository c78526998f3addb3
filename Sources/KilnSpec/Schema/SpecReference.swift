/// `docs/spec.md`: every key with its type, default and example, from the shapes that read them.
public struct SpecReference: Sendable {
  public init() {}

  public var markdown: String {
    var out = """
      # The spec, key by key

      Made by `kiln schema --format markdown` from the shapes that read the files; a test keeps it so.
      Paths are relative to the file that they are in. A key that is not here is an error.

      In environments and profiles, maps are merged with those of the profile beneath, and null removes what it sets.
      A list replaces the profile's; `{add: [bcmath], remove: [gd]}` in its place adds entries at its end, and takes entries
      away. Where the profile has no such list, what is added is the list.

      In the values of a profile `{{customer}}` is the customer's name, and `{{CUSTOMER}}` the name as variables have it
      (`my-shop` is `MY_SHOP`); YAML needs quotes where a value begins with it, as in `database: "{{customer}}"`.

      What specs and definitions name, and those files themselves, must be in the workspace's Git repository, or without
      one in the workspace's parent folder; what a link leads to counts. `allow` in `kiln.yaml` lists folders elsewhere.
      What Git keeps for itself, `.git`, is never read: it may hold credentials.

      """
    out += page("`environments/*.yaml` and `profiles/*.yaml`", .environment)
    out += page("Under each name of `services`", .serviceUse)
    out += page("`kiln.yaml`", .workspace)
    out += page("`hosts/*.yaml`, and without `group` and `hosts` `hosts/profiles/*.yaml`", .hostGroup)
    out += page("`components/*.yaml`: components", .component)
    out += page("`components/*.yaml` with `kind: service`", .service)
    out += page("`components/*.yaml` with `kind: base`", .base)
    return out
  }

  private func page(_ title: String, _ shape: Shape) -> String {
    var rows = ""
    var known: Set<String> = []
    add(shape, path: "", &rows, &known)
    return "\n## \(title)\n\n| key | type | default | what it is | example |\n|---|---|---|---|---|\n\(rows)"
  }

  /// - Parameter known: Objects that stand here already, by name: their keys are the same wherever they are.
  private func add(_ shape: Shape, path: String, _ rows: inout String, _ known: inout Set<String>) {
    switch shape {
    case .object(let object), .choice(let object):
      let isKnown = !known.insert(object.name).inserted
      if isKnown, object.keys.count > Self.fewKeys { return }
      for key in object.keys {
        let name = path.isEmpty ? key.name : "\(path).\(key.name)"
        let isAlternative = object.alternatives.contains(key.name)
        let fallback =
          key.fallback.map { "`\($0)`" } ?? (key.isRequired ? "required" : isAlternative ? "one of these" : "")
        let example = key.example.map { "`\($0)`" } ?? ""
        rows += "| `\(name)` | \(type(key.shape)) | \(fallback) | \(cell(key.summary)) | \(cell(example)) |\n"
        add(key.shape, path: name, &rows, &known)
      }
    case .list(let item, _): add(item, path: path + "[]", &rows, &known)
    case .map(_, let values, _): add(values, path: path + ".NAME", &rows, &known)
    case .either(_, let other): add(other, path: path, &rows, &known)
    case .oneOrNamed(let object, _): add(.object(object), path: path, &rows, &known)
    case .text, .version, .integer, .number, .boolean, .scalar, .anything: break
    }
  }

  /// So many are written out each time.
  private static let fewKeys = 10

  private func type(_ shape: Shape) -> String {
    switch shape {
    case .text(let rule):
      if !rule.allowed.isEmpty { return rule.allowed.map { "`\($0)`" }.joined(separator: ", ") }
      return rule.rule.map { "text: \(cell($0))" } ?? "text"
    case .version: return "text, quoted"
    case .integer(let range):
      return range.lowerBound == range.upperBound
        ? "`\(range.lowerBound)`"
        : range.upperBound < Int.max ? "\(range.lowerBound) to \(range.upperBound)" : "whole number"
    case .boolean: return "true or false"
    case .number(let range): return "number, \(Shape.bound(range.lowerBound)) to \(Shape.bound(range.upperBound))"
    case .scalar: return "text, number or boolean"
    case .list(let item, _): return "list of \(type(item))"
    case .map(_, let values, _): return "map of \(type(values))"
    case .object, .choice: return "map"
    case .either(let first, let second): return "\(type(first)), or \(type(second))"
    case .oneOrNamed: return "map, or map of such maps by name"
    case .anything: return "as described there"
    }
  }

  private func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }
}
