package import KilnDocuments
import KilnKubernetes
package import KilnProcesses

/// `kubectl` for one namespace of one context: never the current context, never another namespace by accident.
///
/// What holds a secret goes to its standard input; arguments name things, nothing more.
package struct Kubectl: Sendable {
  package let context: String
  package let namespace: String
  private let tool: Tool

  package init(context: String, namespace: String, _ runner: any ProcessRunner) {
    self.context = context
    self.namespace = namespace
    tool = Tool("kubectl", runner)
  }

  /// How long the API may take for one request.
  private static let patience = "30s"

  /// What stands before each command's own arguments.
  package var prefix: [String] { ["--context", context, "--namespace", namespace] }

  /// Runs it to its end, also where the user interrupts the command meanwhile.
  package func outcome(_ arguments: [String], input: String = "") async throws -> Tool.Outcome {
    try await tool.output(
      prefix + ["--request-timeout", Self.patience] + arguments, input: Array(input.utf8), isShielded: true)
  }

  /// What it prints.
  /// - Parameter action: What cannot be done where it fails, as in `read the Lease`.
  /// - Throws: `KubectlFailure`.
  @discardableResult
  package func output(_ action: String, _ arguments: [String], input: String = "") async throws -> String {
    let outcome = try await outcome(arguments, input: input)
    guard outcome.isSuccess else { throw KubectlFailure(action, of: self, outcome) }
    return outcome.output
  }

  /// The objects that it prints as JSON: one, a list, or none.
  package func objects(_ action: String, _ arguments: [String], input: String = "") async throws -> [DocumentValue] {
    let text = try await output(action, arguments + ["--output", "json"], input: input)
    guard text.utf8.contains(where: { $0 > 0x20 }) else { return [] }
    do {
      let document = try JSONReader.read(text)
      return document["kind"]?.textValue == "List" ? document["items"]?.items ?? [] : [document]
    } catch {
      throw KubectlFailure(action, of: self, Tool.Outcome(error: "kubectl printed no JSON: \(error.message)"))
    }
  }

  /// One object, as in `lease.coordination.k8s.io/kiln-deploy`; nil where it is not there.
  package func object(_ action: String, _ name: String) async throws -> DocumentValue? {
    try await objects(action, ["get", name, "--ignore-not-found"]).first
  }

  /// The contexts of the kubeconfig, sorted.
  package func contexts() async throws -> [String] {
    let outcome = try await tool.output(["config", "get-contexts", "--output", "name"], isShielded: true)
    return outcome.output.split(separator: "\n").map(String.init).sorted()
  }

  /// Objects as one document for `-f -`, on one line.
  static func list(_ objects: [KubernetesObject]) -> String {
    let list: DocumentValue = [
      "apiVersion": "v1", "kind": "List", "items": .list(objects.map { .map($0.document) }),
    ]
    return JSONRenderer(indent: 0).render(list)
  }
}
