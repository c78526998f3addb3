import KilnSpec
import Mustache

/// Renders Mustache file templates as text, without HTML escapes.
enum FileTemplate {
  struct Failure: Error { let message: String }

  static func render(_ template: String, _ parameters: [ComponentPlan.Parameter]) -> Result<String, Failure> {
    var context: [String: Any] = [:]
    for parameter in parameters { context[parameter.name] = value(parameter.value) }
    do {
      return .success(try MustacheTemplate(string: "{{% CONTENT_TYPE:TEXT}}" + template).render(context))
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
