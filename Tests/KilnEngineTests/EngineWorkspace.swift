import Foundation
import KilnConsole
import KilnDiagnostics
import KilnGeneration
import KilnPlan
import KilnProcesses
import KilnTesting
import KilnWorkspace
import Testing

@testable import KilnEngine

/// A workspace with one customer, and an engine that a test scripts.
struct EngineWorkspace {
  let root: URL
  let recorded: RecordedContext
  let loaded: LoadedWorkspace
  let plan: EnvironmentPlan

  var runtimeImage: String { plan.image(of: plan.runtime).description }

  var context: CommandContext { recorded.context }

  /// - Parameters:
  ///   - rest: What follows in the spec: more of the app, its brace, and whatever comes after.
  ///   - isProxied: Whether apps get HTTPS, which asks the engine for more.
  init(
    _ root: URL, _ runner: ScriptedRunner, rest: String = "}", variables: [String: String] = [:],
    isProxied: Bool = false
  ) throws {
    let variables = variables.merging(isProxied ? [:] : ["KILN_HTTPS_PORT": "off"]) { own, _ in own }
    try write(
      [
        "kiln.yaml": "version: 1\n", "apps/shop/index.php": "shop",
        "environments/acme.yaml": """
        version: 1
        customer: acme
        runtime: {base: debian-12}
        app: {source: ../apps/shop, port: 80\(rest)
        """,
      ], in: root)
    self.root = root
    recorded = RecordedContext(root, environment: variables, processes: runner)
    loaded = try recorded.context.load(workspace: nil, customers: [], workers: Workers(count: 1))
    plan = try loaded.plan(of: "acme")
  }

  func images() throws -> [EnvironmentImage] {
    try loaded.images(of: plan)
  }

  /// The whole message of what `body` throws.
  static func message(_ body: () async throws -> Void) async -> String {
    let error = await #expect(throws: (any Error).self) { try await body() }
    guard let error = (error as? any CommandErrorConvertible)?.commandError else { return "\(error as Any)" }
    return DiagnosticRenderer().render(error.diagnostics) + error.hints.map { "  = help: \($0)\n" }.joined()
  }
}
