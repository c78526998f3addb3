import Foundation
import KilnDeploy
import KilnDiagnostics
import KilnEngine
import KilnProcesses
import KilnSpec
import KilnTesting
import KilnWorkspace
import SystemPackage
import Testing

@testable import KilnMachines
@testable import KilnRelease

/// `kiln deploy` of machines, against a stand-in of Azure's command line.
@Suite(.serialized) struct MachineDeploymentTests {
  private static func image(_ name: String) -> String {
    "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/images-rg/providers/Microsoft.Compute/images/\(name)"
  }

  private static func spec(_ more: String = "", app: String = "") -> [String: String] {
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

  private func azure(
    _ files: [String: String] = spec(), _ body: (FakeAzure) async throws -> Void
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
  private func failure(_ body: () async throws -> some Any) async -> (id: String, message: String, text: String) {
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

  @Test func aReleaseIsDeployedAndRemembered() async throws {
    try await azure { azure in
      let recorded = azure.context()
      let first = try await azure.deployment(recorded, stage: "qa", image: Self.image("one")).deploy("acme")
      #expect(first.record.number == 1 && first.record.outcome == .deployed && !first.isUnchanged)
      #expect(try azure.machines("acme-vmss-qa", in: "acme-qa").map(\.image) == [Self.image("one")])
      let again = try await azure.deployment(recorded, stage: "qa", image: Self.image("one")).deploy("acme")
      #expect(again.isUnchanged && again.record.number == 1)
      let second = try await azure.deployment(recorded, stage: "qa", image: Self.image("two")).deploy("acme")
      #expect(second.record.number == 2)
      #expect(try azure.machines("acme-vmss-qa", in: "acme-qa").map(\.image) == [Self.image("two")])
      #expect(recorded.error.contains("~ virtualMachineScaleSets/acme-vmss-qa"), "\(recorded.error)")
      let history = try await MachineStages(azure.loaded(recorded), ["acme"], stage: "qa", recorded.context).history()
      #expect(history.text.contains("2  ") && history.text.contains("deployed"), "\(history.text)")
      // Never what happens to be current.
      #expect(azure.calls.allSatisfy { $0.contains("--subscription 11111111-2222-3333-4444-555555555555") })
    }
  }

  @Test func whatHasPassedIsPromotedWithApproval() async throws {
    try await azure { azure in
      let recorded = azure.context()
      let early = await failure {
        try await azure.deployment(recorded, stage: "production", from: "qa") { $0.approval = "CHG-1" }.deploy("acme")
      }
      #expect(early.id == "deploy.after")
      _ = try await azure.deployment(recorded, stage: "qa", image: Self.image("one")).deploy("acme")
      let unapproved = await failure {
        try await azure.deployment(recorded, stage: "production", from: "qa").deploy("acme")
      }
      #expect(unapproved.id == "deploy.approval")
      let another = await failure {
        try await azure.deployment(recorded, stage: "production", image: Self.image("two")) { $0.approval = "CHG-1" }
          .deploy("acme")
      }
      #expect(another.id == "deploy.after" && another.message == "the machine of acme has not passed qa")
      let outcome = try await azure.deployment(recorded, stage: "production", from: "qa") { $0.approval = "CHG-1" }
        .deploy("acme")
      #expect(outcome.record.origin == "qa 1" && outcome.record.approval?.hasSuffix("CHG-1") == true)
      #expect(
        try azure.machines("acme-vmss-production", in: "acme-production").map(\.image)
          == Array(repeating: Self.image("one"), count: 3))
    }
  }

  @Test func machinesThatAreNotWellGoBack() async throws {
    try await azure { azure in
      let recorded = azure.context()
      _ = try await azure.deployment(recorded, stage: "qa", image: Self.image("good")).deploy("acme")
      try azure.say("unhealthy", "bad")
      let failed = await failure {
        try await azure.deployment(recorded, stage: "qa", image: Self.image("bad")).deploy("acme")
      }
      #expect(failed.id == "deploy.failed")
      #expect(failed.text.contains("MaxUnhealthyUpgradedInstancePercent"), "\(failed.text)")
      #expect(failed.text.contains("release 1 is back and runs"), "\(failed.text)")
      #expect(try azure.machines("acme-vmss-qa", in: "acme-qa").map(\.image) == [Self.image("good")])
      let history = try await MachineStages(azure.loaded(recorded), ["acme"], stage: "qa", recorded.context).history()
      #expect(history.text.contains("rolled-back"), "\(history.text)")
    }
  }

  /// Recorded: what Azure says where a region has no processors left.
  private static let quota = """
    ERROR: {"status":"Failed","error":{"code":"DeploymentFailed","target":"/subscriptions/s/resourceGroups/g/providers/Microsoft.Resources/deployments/d","message":"At least one resource deployment operation failed. Please list deployment operations for details. Please see https://aka.ms/arm-deployment-operations for usage details.","details":[{"code":"OperationNotAllowed","message":"Operation could not be completed as it results in exceeding approved standardDSv2Family Cores quota. Additional details - Deployment Model: Resource Manager, Location: westeurope, Current Limit: 10, Current Usage: 8, Additional Required: 4, (Minimum) New Limit Required: 12."}]}}
    """

  @Test(
    arguments: [
      (quota, "exceeding approved standardDSv2Family Cores quota"),
      (
        "ERROR: (AuthorizationFailed) The client 'x' does not have authorization to perform action 'Microsoft.Resources/deployments/write'.\nCode: AuthorizationFailed\nMessage: The client 'x' does not have authorization",
        "Contributor"
      ),
      (
        "ERROR: AADSTS700082: The refresh token has expired due to inactivity.\nTo re-authenticate, please run: az login",
        "az login"
      ),
    ]) func whatAzureRefusesIsSaidInItsOwnWords(error: String, words: String) async throws
  {
    try await azure { azure in
      let recorded = azure.context()
      try azure.answer("-machines --mode", error: error + "\n", times: 1)
      // The first such call is what-if, which changes nothing.
      let failed = await failure {
        try await azure.deployment(recorded, stage: "qa", image: Self.image("one")).deploy("acme")
      }
      #expect(failed.text.contains(words), "\(failed.text)")
      #expect(!failed.text.contains("aka.ms"))
      #expect(!azure.kept.contains("\"acme-vmss-qa\": {"))
    }
  }

  @Test func aThrottledRequestIsMadeAgainWhenAzureSays() async throws {
    try await azure { azure in
      let recorded = azure.context()
      try azure.answer(
        "group list",
        error: "ERROR: (TooManyRequests) The request is being throttled. Retry-After: 17\nCode: TooManyRequests\n",
        times: 2)
      let outcome = try await azure.deployment(recorded, stage: "qa", image: Self.image("one")).deploy("acme")
      #expect(outcome.record.outcome == .deployed)
      #expect(azure.calls.count { $0.contains("group list") } == 4)
    }
  }

  @Test func aDeploymentThatDoesNotEndIsCancelled() async throws {
    try await azure { azure in
      let recorded = azure.context()
      try azure.say("slow", "100000")
      let failed = await failure {
        try await azure.deployment(recorded, stage: "qa", image: Self.image("one")) { $0.timeout = 120 }.deploy("acme")
      }
      #expect(failed.id == "deploy.failed" && failed.message.contains("not done in time"), "\(failed)")
      #expect(azure.calls.contains { $0.hasPrefix("deployment group cancel") })
    }
  }

  @Test func whoeverWasKilledIsTakenOver() async throws {
    try await azure { azure in
      let recorded = azure.context()
      _ = try await azure.deployment(recorded, stage: "qa", image: Self.image("one")).deploy("acme")
      // Its record says that somebody deploys; nobody goes on.
      let folder = azure.folder.appending(path: "deployments/acme-qa")
      for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name.hasSuffix("-1.json") {
        let file = folder.appending(path: name)
        let text = try String(contentsOf: file, encoding: .utf8)
        try text.replacing("\\\"outcome\\\":\\\"deployed\\\"", with: "\\\"outcome\\\":\\\"deploying\\\"")
          .write(to: file, atomically: true, encoding: .utf8)
      }
      let outcome = try await azure.deployment(recorded, stage: "qa", image: Self.image("two")).deploy("acme")
      #expect(outcome.record.number == 2)
      #expect(recorded.error.contains("release 1 was interrupted; this one takes its place"), "\(recorded.error)")
    }
  }

  @Test func othersWhoDeployAreWaitedFor() async throws {
    try await azure { azure in
      let recorded = azure.context()
      _ = try await azure.deployment(recorded, stage: "qa", image: Self.image("one")).deploy("acme")
      let folder = azure.folder.appending(path: "deployments/acme-qa")
      for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
        let file = folder.appending(path: name)
        let text = try String(contentsOf: file, encoding: .utf8)
        try text.replacing("\\\"outcome\\\":\\\"deployed\\\"", with: "\\\"outcome\\\":\\\"deploying\\\"")
          .replacing("\"provisioningState\": \"Succeeded\"", with: "\"provisioningState\": \"Running\"")
          .replacing("\"looks\": 0", with: "\"looks\": 100000")
          .write(to: file, atomically: true, encoding: .utf8)
      }
      let failed = await failure {
        try await azure.deployment(recorded, stage: "qa", image: Self.image("two")) { $0.lockTimeout = 300 }.deploy(
          "acme")
      }
      #expect(failed.id == "deploy.busy", "\(failed)")
    }
  }

  @Test func anEarlierReleaseComesBack() async throws {
    try await azure { azure in
      let recorded = azure.context()
      for name in ["one", "two"] {
        _ = try await azure.deployment(recorded, stage: "qa", image: Self.image(name)).deploy("acme")
      }
      let outcome = try await azure.deployment(recorded, stage: "qa").rollback("acme", to: nil)
      #expect(outcome.record.number == 3 && outcome.record.origin == "1")
      #expect(try azure.machines("acme-vmss-qa", in: "acme-qa").map(\.image) == [Self.image("one")])
      let missing = await failure { try await azure.deployment(recorded, stage: "qa").rollback("acme", to: 9) }
      #expect(missing.id == "deploy.no-release")
    }
  }

  /// A machine reads its values when it starts, and a model that has no other image starts none.
  @Test func otherValuesStartMachinesAnew() async throws {
    try await azure { azure in
      let recorded = azure.context()
      _ = try await azure.deployment(recorded, stage: "qa", image: Self.image("one")).deploy("acme")
      let spec = azure.workspace.appending(path: "environments/acme.yaml")
      try String(contentsOf: spec, encoding: .utf8).replacing("APP_ENV: production", with: "APP_ENV: other")
        .write(to: spec, atomically: true, encoding: .utf8)
      let output = GeneratedOutput(loaded: try azure.loaded(recorded), folder: nil, workers: .init(count: 1))
      try GenerateRun(output, customers: [], isForced: false, isQuiet: true, recorded.context).write()
      let outcome = try await azure.deployment(recorded, stage: "qa", image: Self.image("one")).deploy("acme")
      #expect(outcome.record.number == 2)
      #expect(outcome.record.changes.contains("+ app.environment.APP_ENV = other"), "\(outcome.record.changes)")
      #expect(azure.calls.contains { $0.contains("/reimage?") })
    }
  }

  @Test func theServicePrincipalsSecretIsInNoArgument() async throws {
    try await azure { azure in
      let secret = "canary-7f3a9c"
      let recorded = azure.context([
        "ARM_CLIENT_ID": "client", "ARM_CLIENT_SECRET": secret, "ARM_TENANT_ID": "tenant",
      ])
      _ = try await azure.deployment(recorded, stage: "qa", image: Self.image("one")).deploy("acme")
      #expect(azure.calls.first?.hasPrefix("login --service-principal --username client --tenant tenant") == true)
      #expect(!azure.calls.joined().contains(secret) && !azure.kept.contains(secret))
      #expect(!(recorded.error + recorded.output).contains(secret))
      let half = azure.context(["ARM_CLIENT_ID": "client", "ARM_SUBSCRIPTION_ID": ""])
      let failed = await failure {
        try await azure.deployment(half, stage: "qa", image: Self.image("one")).deploy("acme")
      }
      #expect(failed.id == "deploy.azure-login")
      for name in ["ARM_CLIENT_SECRET", "ARM_TENANT_ID", "ARM_SUBSCRIPTION_ID"] { #expect(failed.text.contains(name)) }
    }
  }

  /// An agent was killed between the bake and the deployment: the image is there, and is of what spec and sources say.
  @Test func theLastBakesImageIsTaken() async throws {
    try await azure { azure in
      let recorded = azure.context()
      let loaded = try azure.loaded(recorded)
      let root = FilePath(azure.workspace.path)
      let bake = MachineBake(
        plan: try loaded.plan(of: "acme"), loaded: loaded, only: [], workers: Workers(count: 1), isQuiet: true,
        context: recorded.context)
      func remember(_ workspace: String) throws {
        try BakeRecord(
          workspace: workspace, contents: try bake.contents(),
          images: [.init(kind: "managed-image", reference: Self.image("baked"))]
        ).write(WorkspaceLayout(root).bakeRecord(of: "acme"))
      }
      // A record that a checkout brought is somebody else's.
      try remember("0123456789abcdef")
      let foreign = await failure {
        try await azure.deployment(recorded, stage: "qa") { $0.isBuilding = false }.deploy("acme")
      }
      #expect(foreign.id == "deploy.image")
      try remember(WorkspaceIdentity(root: root).id)
      let outcome = try await azure.deployment(recorded, stage: "qa") { $0.isBuilding = false }.deploy("acme")
      #expect(outcome.record.images == ["machine": Self.image("baked")])
      // What has passed is known by what it was baked from.
      let next = try await azure.deployment(recorded, stage: "production") {
        $0.isBuilding = false
        $0.approval = "CHG-1"
      }.deploy("acme")
      #expect(next.record.images == outcome.record.images)
      try "other\n".write(to: azure.workspace.appending(path: "src/index.html"), atomically: true, encoding: .utf8)
      let changed = await failure {
        try await azure.deployment(recorded, stage: "production") { $0.approval = "CHG-2" }.deploy("acme")
      }
      #expect(changed.id == "deploy.after", "\(changed)")
    }
  }

  @Test func whatRunsIsSaid() async throws {
    try await azure { azure in
      let recorded = azure.context()
      _ = try await azure.deployment(recorded, stage: "qa", image: Self.image("one")).deploy("acme")
      let stages = try MachineStages(azure.loaded(recorded), ["acme"], stage: nil, recorded.context)
      let status = try await stages.status()
      #expect(!status.isHealthy)
      #expect(
        status.text
          == "acme in qa: release 1, healthy\n  acme-vmss-qa: 1 of 1 machines are well\nacme in production: not deployed\n"
      )
      let fleet = try await stages.deployments(jobs: 1)
      #expect(fleet.first?.health == .healthy)
      #expect(ReleaseVersion(fleet.first?.current?.images ?? [:])?.text == "one")
      try azure.say("unhealthy", "one")
      #expect(try await !stages.status().isHealthy)
    }
  }

  @Test func nothingIsChangedForAPreview() async throws {
    try await azure { azure in
      let recorded = azure.context()
      let deployment = try azure.deployment(recorded, stage: "qa", image: Self.image("one")) { $0.isPreview = true }
      let preview = try await deployment.preview("acme")
      #expect(preview.lines == ["+ virtualMachineScaleSets/acme-vmss-qa"])
      #expect(!azure.calls.contains { $0.contains("create") })
    }
  }

  @Test func whatIsMissingIsSaidBeforeAnythingBegins() async throws {
    try await azure { azure in
      let recorded = azure.context()
      try azure.say("missing-groups", "acme-qa")
      let group = await failure {
        try await azure.deployment(recorded, stage: "qa", image: Self.image("one")).deploy("acme")
      }
      #expect(group.id == "deploy.resource-group")
      try azure.say("missing-groups", "")
      let kind = await failure {
        try await azure.deployment(recorded, stage: "qa", image: "https://account.blob.core.windows.net/images/a.vhd")
          .deploy("acme")
      }
      #expect(kind.id == "deploy.image")
      let none = await failure {
        try await azure.deployment(recorded, stage: "qa") { $0.isBuilding = false }.deploy("acme")
      }
      #expect(none.id == "deploy.image" && none.text.contains("kiln bake acme"), "\(none)")
    }
  }
}
