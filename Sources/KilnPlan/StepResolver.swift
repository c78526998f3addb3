import KilnDiagnostics
import KilnSpec
import Mustache

/// Fills parameters into a definition's steps and checks.
struct StepResolver {
  let parameters: [ComponentPlan.Parameter]
  /// Mustache templates by name.
  let templates: [String: String]
  /// The bytes of a file beside a component's own file.
  let sourceFile: (_ path: String, _ location: SourceLocation) -> Result<[UInt8], DiagnosticsError>
  private(set) var problems: [Diagnostic] = []

  init(
    parameters: [ComponentPlan.Parameter], templates: [String: String],
    sourceFile: @escaping (String, SourceLocation) -> Result<[UInt8], DiagnosticsError>
  ) {
    self.parameters = parameters
    self.templates = templates
    self.sourceFile = sourceFile
  }

  private func parameter(_ name: String) -> SpecNode? { parameters.first { $0.name == name }?.value }

  /// The steps in order, adjacent packages as one step.
  mutating func steps(_ nodes: [SpecNode]) -> [PlannedStep] {
    var planned: [PlannedStep] = []
    for node in nodes {
      let only = node["only"]?.scalar.flatMap { Side(rawValue: $0.text) }
      for instance in instances(of: node) {
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
    nodes.flatMap { node in
      instances(of: node).map { instance in
        Check(
          command: instance.texts("command"), stdout: instance.texts("stdout"), exit: instance["exit"]?.integer ?? 0,
          only: node["only"]?.scalar.flatMap { Side(rawValue: $0.text) })
      }
    }
  }

  /// A definition's list of words with parameters filled in.
  func words(_ node: SpecNode) -> [String] { (filled(node, [:]).items ?? []).compactMap { $0.scalar?.text } }

  func text(_ node: SpecNode) -> String { filled(node, [:]).scalar?.text ?? "" }

  /// The node once, once for each, or not at all, with its placeholders filled.
  private func instances(of node: SpecNode) -> [SpecNode] {
    if let condition = node["when"]?.scalar?.text, !isTrue(parameter(condition)) { return [] }
    guard let each = node["each"]?.scalar?.text, let value = parameter(each) else { return [filled(node, [:])] }
    if let items = value.items { return items.map { filled(node, ["item": $0.scalar?.text ?? ""]) } }
    return (value.entries ?? []).map { filled(node, ["key": $0.key, "value": $0.value.scalar?.text ?? ""]) }
  }

  private func isTrue(_ node: SpecNode?) -> Bool {
    guard let node else { return false }
    if let boolean = node.boolean { return boolean }
    return !(node.items?.isEmpty ?? node.entries?.isEmpty ?? (node.scalar?.text.isEmpty ?? true))
  }

  private func filled(_ node: SpecNode, _ bound: [String: String]) -> SpecNode {
    func fill(_ text: String) -> String {
      Placeholder.substitute(text) { name in bound[name] ?? parameter(name)?.scalar?.text }
    }
    switch node.content {
    case .scalar(let scalar):
      return SpecNode(.scalar(.init(text: fill(scalar.text), isPlain: scalar.isPlain)), at: node.location)
    case .list(let items): return SpecNode(.list(items.map { filled($0, bound) }), at: node.location)
    case .map(let entries):
      return SpecNode(
        .map(entries.map { .init(key: fill($0.key), keyLocation: $0.keyLocation, value: filled($0.value, bound)) }),
        at: node.location)
    }
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
      return content(of: body).map {
        .file(
          .init(
            path: body.text("path"), content: $0, mode: body.mode(default: "0644"),
            owner: body.text("owner", default: "root"), group: body.text("group", default: "root")))
      }
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
    switch FileTemplate.render(template, parameters) {
    case .success(let text): return Array(text.utf8)
    case .failure(let error):
      problems.append(Diagnostic("catalog.template", "file template \"\(name)\": \(error.message)", at: node.location))
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
