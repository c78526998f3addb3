import KilnDiagnostics
import KilnSpec
import KilnText
import Synchronization

/// Renders Mustache file templates as text.
enum FileTemplate {
  /// A template is parsed once, however many customers it is rendered for.
  private static let parsed = Mutex<[String: MustacheTemplate]>([:])

  private static func parse(_ template: String) throws(MustacheTemplate.Failure) -> MustacheTemplate {
    if let known = parsed.withLock({ $0[template] }) { return known }
    let result = try MustacheTemplate(template)
    parsed.withLock { $0[template] = result }
    return result
  }

  /// - Parameter steps: Gets the parts that were rendered, in addition.
  /// - Throws: What is wrong with the template, or with what it would come to.
  static func render(
    _ template: String, _ parameters: [ComponentPlan.Parameter], steps: inout Int
  ) throws(MustacheTemplate.Failure) -> String {
    let values = parameters.map { ($0.name, value($0.value)) }
    return try parse(template).render(Dictionary(values) { first, _ in first }, steps: &steps)
  }

  private static func value(_ node: SpecNode) -> MustacheTemplate.Value {
    if let items = node.items { return .list(items.map { .text($0.scalar?.text ?? "") }) }
    if let entries = node.entries {
      return .list(
        entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
          .map { .map(["key": .text($0.key), "value": .text($0.value.scalar?.text ?? "")]) })
    }
    return node.boolean.map { .boolean($0) } ?? .text(node.scalar?.text ?? "")
  }
}

extension Definitions {
  /// - Parameter location: Who asks for it.
  func template(_ name: String, at location: SourceLocation) throws(DiagnosticsError) -> String {
    if let template = templates[name] { return template }
    if let why = data[name] {
      throw DiagnosticsError([
        Diagnostic(
          "catalog.template", "file template \"\(name)\": \(why)", at: location,
          suggestion: "`source:` copies a file as it is")
      ])
    }
    let near = nearest(to: name, among: templates.keys.sorted()).map { "did you mean \"\($0)\"?" }
    throw DiagnosticsError([
      Diagnostic("catalog.unknown-template", "there is no file template \"\(name)\"", at: location, suggestion: near)
    ])
  }
}

extension MustacheTemplate.Failure {
  /// What it is, and in which line of the template.
  var text: String { (line.map { "line \($0): " } ?? "") + message }
}
