import Foundation
import KilnDiagnostics
import KilnEngine
import KilnProcesses
import KilnSpec
import KilnTesting
import KilnWorkspace
import Testing

/// The id of an image that a bake has captured.
func image(_ name: String) -> String {
  "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/images-rg/providers/Microsoft.Compute/images/\(name)"
}

/// A customer with one machine and two stages.
func machineSpec(_ more: String = "", app: String = "") -> [String: String] {
  [
    "environments/acme.yaml": """
    version: 1
    customer: acme
    runtime: {base: debian-12, components: {nginx: {}}}
    app:
      source: ../src
      port: 80
      environment: {APP_ENV: production}
      \(app)
    machine:
      azure:
        location: westeurope
        capture: {managedImage: {resourceGroup: images-rg, name: acme-web}}
        scaleSet: {name: acme-vmss, capacity: 3}
    deploy: {azure: {admin: {sshKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0 kim"}}}
    stages: {qa: {scaleSet: {capacity: 1}}, production: {after: qa, approval: true}}
    \(more)
    """
  ]
}

/// Runs `body` with a workspace whose generated files are written.
func azure(
  _ files: [String: String] = machineSpec(), _ body: (FakeAzure) async throws -> Void
) async throws {
  try await withFolder { parent in
    let azure = try FakeAzure(in: parent, files)
    let recorded = azure.context()
    let loaded = try azure.loaded(recorded)
    let output = GeneratedOutput(loaded: loaded, folder: nil, workers: .init(count: 1))
    try GenerateRun(output, customers: [], isForced: false, isQuiet: true, recorded.context).write()
    try await body(azure)
  }
}

/// - Returns: The error's id and message.
func failure(_ body: () async throws -> some Any) async -> (id: String, message: String, text: String) {
  do {
    _ = try await body()
    Issue.record("nothing failed")
    return ("", "", "")
  } catch {
    let problems = (error as? any CommandErrorConvertible)?.commandError.diagnostics ?? []
    let text = problems.map { "\($0.message)\n\($0.details.joined(separator: "\n"))\n\($0.suggestion ?? "")" }
      .joined()
    return (problems.first?.id ?? "\(error)", problems.first?.message ?? "", text)
  }
}
