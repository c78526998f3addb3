import KilnDiagnostics
import KilnTesting
import Testing

/// What Azure takes no deployment of.
struct AzureRulesTests {
  private func problems(value length: Int) -> [String] {
    SampleWorkspace(
      """
      runtime: {base: debian-12, components: {nginx: {}}}
      app: {source: ../app, port: 80, environment: {APP_ENV: production}}
      machine:
        azure:
          location: westeurope
          capture: {managedImage: {resourceGroup: images-rg, name: web}}
          scaleSet: {name: web}
      deploy: {azure: {admin: {sshKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0 kim"}}}
      stages: {qa: {app: {environment: {TEXT: "\(String(repeating: "a", count: length))"}}}}
      """
    ).problems.map(\.id)
  }

  @Test func valuesMustFitIntoCustomData() {
    #expect(problems(value: 30_000) == [])
    #expect(problems(value: 45_000) == ["spec.azure-deployment"])
  }
}
