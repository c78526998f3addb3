import KilnDiagnostics
import KilnSpec

/// Fills parameters into a definition's steps and checks.
struct StepResolver {
  /// Bytes that are read and written for the steps of one component or service: a step is filled in anew for each entry of
  /// its list.
  static let expansionLimit = 16 << 20
  /// Steps and checks of one component or service, each a line or more in every output.
  static let stepLimit = 2000

  let parameters: [ComponentPlan.Parameter]
  private let byName: [String: SpecNode]
  /// Mustache templates by name.
  let templates: [String: String]
  /// The bytes of a file beside a component's own file.
  let sourceFile: (_ path: String, _ location: SourceLocation) -> Result<[UInt8], DiagnosticsError>
  private(set) var problems: [Diagnostic] = []
  private var produced = 0
  private var made = 0
  private var isExhausted = false

  init(
    parameters: [ComponentPlan.Parameter], templates: [String: String],
    sourceFile: @escaping (String, SourceLocation) -> Result<[UInt8], DiagnosticsError>
  ) {
    self.parameters = parameters
    byName = Dictionary(parameters.map { ($0.name, $0.value) }) { first, _ in first }
    self.templates = templates
    self.sourceFile = sourceFile
  }

  private func parameter(_ name: String) -> SpecNode? { byName[name] }

  /// The steps in order, adjacent packages as one step.
  mutating func steps(_ nodes: [SpecNode]) -> [PlannedStep] {
    var planned: [PlannedStep] = []
    for node in nodes where !isExhausted {
      let only = node["only"]?.scalar.flatMap { Side(rawValue: $0.text) }
      for bound in bindings(of: node) {
        guard let instance = instance(node, bound) else { break }
        guard let step = step(instance) else { continue }
        if case .packages(let more) = step, let last = planned.last, last.only == only,
          case .packages(let names) = last.step
        {
          planned[planned.count - 1] = PlannedStep(
            step: .packages(sorted(names + more)), only: only, origin: last.origin)
        } else {
          planned.append(PlannedStep(step: step, only: only, origin: node.location))
        }
      }
    }
    return planned
  }

  mutating func checks(_ nodes: [SpecNode]) -> [Check] {
    var checks: [Check] = []
    for node in nodes where !isExhausted {
      for bound in bindings(of: node) {
        guard let instance = instance(node, bound) else { break }
        checks.append(
          Check(
            command: instance.texts("command"), stdout: instance.texts("stdout"), exit: instance["exit"]?.integer ?? 0,
            only: node["only"]?.scalar.flatMap { Side(rawValue: $0.text) }))
      }
    }
    return checks
  }

  /// A definition's list of words with parameters filled in.
  mutating func words(_ node: SpecNode) -> [String] {
    (instance(node, [:])?.items ?? []).compactMap { $0.scalar?.text }
  }

  mutating func text(_ node: SpecNode) -> String { instance(node, [:])?.scalar?.text ?? "" }

  mutating func fill(_ text: String) -> String {
    if let result = fill(text, [:]) { return result }
    produced = .max / 2
    return ""
  }

  /// What `each` and `when` make of a step: it stands once for each of these.
  private func bindings(of node: SpecNode) -> [[String: String]] {
    if let condition = node["when"]?.scalar?.text, !isTrue(parameter(condition)) { return [] }
    guard let each = node["each"]?.scalar?.text, let value = parameter(each) else { return [[:]] }
    if let items = value.items { return items.map { ["item": $0.scalar?.text ?? ""] } }
    // The order of a map's keys changes nothing.
    return (value.entries ?? []).sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      .map { ["key": $0.key, "value": $0.value.scalar?.text ?? ""] }
  }

  /// The node with its placeholders filled; nil, and a problem the first time, where the component has come to too much.
  private mutating func instance(_ node: SpecNode, _ bound: [String: String]) -> SpecNode? {
    if isExhausted { return nil }
    made += 1
    let result = made <= Self.stepLimit ? filled(node, bound) : nil
    if result == nil { exhaust(node, made > Self.stepLimit) }
    return result
  }

  private mutating func exhaust(_ node: SpecNode, _ isStepLimit: Bool) {
    if isExhausted { return }
    isExhausted = true
    let amount = isStepLimit ? "\(Self.stepLimit) steps" : "\(Self.expansionLimit) bytes"
    problems.append(
      Diagnostic(
        "catalog.expansion-limit", "the definition comes to more than \(amount) with these parameters",
        at: node.location,
        suggestion: "shorten the list, or put what is large into one file"))
  }

  private mutating func produce(_ count: Int) -> Bool {
    produced += count
    return produced <= Self.expansionLimit
  }

  private func isTrue(_ node: SpecNode?) -> Bool {
    guard let node else { return false }
    if let boolean = node.boolean { return boolean }
    return !(node.items?.isEmpty ?? node.entries?.isEmpty ?? (node.scalar?.text.isEmpty ?? true))
  }

  /// Nil where the budget does not suffice.
  private mutating func filled(_ node: SpecNode, _ bound: [String: String]) -> SpecNode? {
    switch node.content {
    case .scalar(let scalar):
      guard let text = fill(scalar.text, bound) else { return nil }
      return SpecNode(.scalar(.init(text: text, isPlain: scalar.isPlain)), at: node.location)
    case .list(let items):
      var all: [SpecNode] = []
      for item in items {
        guard let item = filled(item, bound) else { return nil }
        all.append(item)
      }
      return SpecNode(.list(all), at: node.location)
    case .map(let entries):
      var all: [SpecNode.Entry] = []
      for entry in entries {
        guard let key = fill(entry.key, bound), let value = filled(entry.value, bound) else { return nil }
        all.append(.init(key: key, keyLocation: entry.keyLocation, value: value))
      }
      return SpecNode(.map(all), at: node.location)
    }
  }

  private mutating func fill(_ text: String, _ bound: [String: String]) -> String? {
    let room = Self.expansionLimit - produced
    let result = Placeholder.substitute(text, limit: room) { name in bound[name] ?? byName[name]?.scalar?.text }
    // What is read counts as well: a text full of placeholders may come to nothing.
    guard let result, produce(max(result.utf8.count, text.utf8.count)) else { return nil }
    return result
  }

  private func sorted(_ names: [String]) -> [String] {
    Array(Set(names)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private mutating func step(_ node: SpecNode) -> Step? {
    guard let entry = node.entries?.first(where: { StepResolver.kinds.contains($0.key) }) else { return nil }
    let body = entry.value
    let found = StepRules.problems(entry.key, body, at: entry.keyLocation)
    problems += found
    if !found.isEmpty { return nil }
    switch entry.key {
    case "packages": return .packages(sorted((body.items ?? []).compactMap { $0.scalar?.text }))
    case "repository": return .repository(repository(body))
    case "download":
      return .download(
        .init(
          url: body.text("url"), sha256: body.text("sha256"), to: body.text("to"), mode: body.mode(default: "0644"),
          unpack: body["unpack"]?.boolean ?? false))
    case "file":
      guard let content = content(of: body) else { return nil }
      // What a template or a file beside the component gives; what the step itself says is counted.
      guard body["content"] != nil || produce(content.count) else {
        exhaust(node, false)
        return nil
      }
      return .file(
        .init(
          path: body.text("path"), content: content, mode: body.mode(default: "0644"),
          owner: body.text("owner", default: "root"), group: body.text("group", default: "root")))
    case "directory":
      return .directory(
        .init(
          path: body.text("path"), mode: body.mode(default: "0755"), owner: body.text("owner", default: "root"),
          group: body.text("group", default: "root")))
    case "user":
      return .user(
        .init(
          name: body.text("name"), isSystem: body["system"]?.boolean ?? true,
          home: body.text("home", default: "/nonexistent"),
          shell: body.text("shell", default: "/usr/sbin/nologin"), groups: body.texts("groups")))
    case "link": return .link(path: body.text("path"), target: body.text("target"))
    case "run":
      let creates = body.text("creates")
      return .run(
        .init(
          script: body.text("script"), creates: creates.isEmpty ? nil : creates,
          environment: (body["environment"] ?? body.emptyMap).namedValues))
    case "environment": return .environment(body.namedValues)
    case "service": return .service(.init(name: body.text("name"), command: body.texts("command")))
    default: return nil
    }
  }

  private static let kinds = [
    "packages", "repository", "download", "file", "directory", "user", "link", "run", "environment", "service",
  ]

  private func repository(_ body: SpecNode) -> Step.Repository {
    let signedBy = body["signedBy"]
    let key: Step.Repository.Key =
      signedBy?["content"]?.scalar.map { .content($0.text) }
      ?? .download(url: signedBy?.text("url") ?? "", sha256: signedBy?.text("sha256") ?? "")
    return .init(
      name: body.text("name"), uris: body.texts("uris"), suites: body.texts("suites"),
      components: body.texts("components"), architectures: body.texts("architectures"), key: key)
  }

  private mutating func content(of body: SpecNode) -> [UInt8]? {
    if let content = body["content"]?.scalar { return Array(content.text.utf8) }
    if let source = body["source"], let path = source.scalar?.text {
      switch sourceFile(path, source.location) {
      case .success(let bytes): return bytes
      case .failure(let error):
        problems += error.diagnostics
        return nil
      }
    }
    guard let node = body["template"], let name = node.scalar?.text else { return nil }
    guard let template = templates[name] else {
      let near = nearest(to: name, among: templates.keys.sorted()).map { "did you mean \"\($0)\"?" }
      problems.append(
        Diagnostic(
          "catalog.unknown-template", "there is no file template \"\(name)\"", at: node.location, suggestion: near))
      return nil
    }
    do {
      return Array(try FileTemplate.render(template, parameters).utf8)
    } catch {
      problems.append(Diagnostic("catalog.template", "file template \"\(name)\": \(error.text)", at: node.location))
      return nil
    }
  }
}

extension SpecNode {
  func text(_ key: String, default fallback: String = "") -> String { self[key]?.scalar?.text ?? fallback }
  func texts(_ key: String) -> [String] { (self[key]?.items ?? []).compactMap { $0.scalar?.text } }
  func mode(default fallback: String) -> String {
    let digits = text("mode", default: fallback)
    return digits.count == 3 ? "0" + digits : digits
  }
  var emptyMap: SpecNode { SpecNode(.map([]), at: location) }
  /// The entries of a map of scalars, sorted by name.
  var namedValues: [NamedValue] {
    (entries ?? []).map { NamedValue($0.key, $0.value.scalar?.text ?? "") }.sorted {
      $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
    }
  }
}
