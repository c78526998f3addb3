import KilnSpec
import Mustache
import Synchronization

/// Renders Mustache file templates as text, without HTML escapes.
enum FileTemplate {
  struct Failure: Error { let message: String }

  /// A template is parsed once, however many customers it is rendered for.
  private static let parsed = Mutex<[String: MustacheTemplate]>([:])

  private static func parse(_ template: String) throws -> MustacheTemplate {
    if let known = parsed.withLock({ $0[template] }) { return known }
    let result = try MustacheTemplate(string: "{{% CONTENT_TYPE:TEXT}}" + template)
    parsed.withLock { $0[template] = result }
    return result
  }

  static func render(_ template: String, _ parameters: [ComponentPlan.Parameter]) -> Result<String, Failure> {
    var context: [String: Any] = [:]
    for parameter in parameters { context[parameter.name] = value(parameter.value) }
    do {
      return .success(try parse(template).render(context))
    } catch let error as MustacheTemplate.ParserError {
      return .failure(Failure(message: "line \(error.context.lineNumber): \(error.error)"))
    } catch {
      return .failure(Failure(message: "\(error)"))
    }
  }

  private static func value(_ node: SpecNode) -> Any {
    if let items = node.items { return items.map { $0.scalar?.text ?? "" } }
    if let entries = node.entries {
      return entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map { ["key": $0.key, "value": $0.value.scalar?.text ?? ""] }
    }
    return node.boolean ?? (node.scalar?.text ?? "")
  }
}
