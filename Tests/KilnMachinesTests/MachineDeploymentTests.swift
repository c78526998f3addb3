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
  @Test func aReleaseIsDeployedAndRemembered() async throws {
    try await azure { azure in
      let recorded = azure.context()
      let first = try await azure.deployment(recorded, stage: "qa", image: image("one")).deploy("acme")
      #expect(first.record.number == 1 && first.record.outcome == .deployed && !first.isUnchanged)
      #expect(try azure.machines("acme-vmss-qa", in: "acme-qa").map(\.image) == [image("one")])
      let again = try await azure.deployment(recorded, stage: "qa", image: image("one")).deploy("acme")
      #expect(again.isUnchanged && again.record.number == 1)
      let second = try await azure.deployment(recorded, stage: "qa", image: image("two")).deploy("acme")
      #expect(second.record.number == 2)
      #expect(try azure.machines("acme-vmss-qa", in: "acme-qa").map(\.image) == [image("two")])
      #expect(recorded.error.contains("~ virtualMachineScaleSets/acme-vmss-qa"), "\(recorded.error)")
      let history = try await MachineStages(
        azure.loaded(recorded), ["acme"], stage: "qa", isOnly: true, recorded.context
      ).history()
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
      _ = try await azure.deployment(recorded, stage: "qa", image: image("one")).deploy("acme")
      let unapproved = await failure {
        try await azure.deployment(recorded, stage: "production", from: "qa").deploy("acme")
      }
      #expect(unapproved.id == "deploy.approval")
      let another = await failure {
        try await azure.deployment(recorded, stage: "production", image: image("two")) { $0.approval = "CHG-1" }
          .deploy("acme")
      }
      #expect(another.id == "deploy.after" && another.message == "the machine of acme has not passed qa")
      let outcome = try await azure.deployment(recorded, stage: "production", from: "qa") { $0.approval = "CHG-1" }
        .deploy("acme")
      #expect(outcome.record.origin == "qa 1" && outcome.record.approval?.hasSuffix("CHG-1") == true)
      #expect(
        try azure.machines("acme-vmss-production", in: "acme-production").map(\.image)
          == Array(repeating: image("one"), count: 3))
    }
  }

  @Test func anEarlierReleaseComesBack() async throws {
    try await azure { azure in
      let recorded = azure.context()
      for name in ["one", "two"] {
        _ = try await azure.deployment(recorded, stage: "qa", image: image(name)).deploy("acme")
      }
      let outcome = try await azure.deployment(recorded, stage: "qa").rollback("acme", to: nil)
      #expect(outcome.record.number == 3 && outcome.record.origin == "1")
      #expect(try azure.machines("acme-vmss-qa", in: "acme-qa").map(\.image) == [image("one")])
      let missing = await failure { try await azure.deployment(recorded, stage: "qa").rollback("acme", to: 9) }
      #expect(missing.id == "deploy.no-release")
    }
  }

  @Test func anEarlierReleaseHasAsManyMachinesAsThereAre() async throws {
    let spec = machineSpec().mapValues {
      $0.replacing("qa: {scaleSet: {capacity: 1}}", with: "qa: {scaleSet: {capacity: {min: 1, max: 5}}}")
    }
    try await azure(spec) { azure in
      let recorded = azure.context()
      for name in ["one", "two"] {
        _ = try await azure.deployment(recorded, stage: "qa", image: image(name)).deploy("acme")
      }
      try azure.scale("acme-vmss-qa", in: "acme-qa", to: 3)
      _ = try await azure.deployment(recorded, stage: "qa").rollback("acme", to: nil)
      let machines = try azure.machines("acme-vmss-qa", in: "acme-qa")
      #expect(machines.map(\.image) == Array(repeating: image("one"), count: 3))
    }
  }

  /// A machine reads its values when it starts, and a model that has no other image starts none.
  @Test func otherValuesStartMachinesAnew() async throws {
    try await azure { azure in
      let recorded = azure.context()
      _ = try await azure.deployment(recorded, stage: "qa", image: image("one")).deploy("acme")
      let spec = azure.workspace.appending(path: "environments/acme.yaml")
      try String(contentsOf: spec, encoding: .utf8).replacing("APP_ENV: production", with: "APP_ENV: other")
        .write(to: spec, atomically: true, encoding: .utf8)
      let output = GeneratedOutput(loaded: try azure.loaded(recorded), folder: nil, workers: .init(count: 1))
      try GenerateRun(output, customers: [], isForced: false, isQuiet: true, recorded.context).write()
      let outcome = try await azure.deployment(recorded, stage: "qa", image: image("one")).deploy("acme")
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
      _ = try await azure.deployment(recorded, stage: "qa", image: image("one")).deploy("acme")
      #expect(azure.calls.first?.hasPrefix("login --service-principal --username client --tenant tenant") == true)
      #expect(!azure.calls.joined().contains(secret) && !azure.kept.contains(secret))
      #expect(!(recorded.error + recorded.output).contains(secret))
      let half = azure.context(["ARM_CLIENT_ID": "client", "ARM_SUBSCRIPTION_ID": ""])
      let failed = await failure {
        try await azure.deployment(half, stage: "qa", image: image("one")).deploy("acme")
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
          images: [.init(kind: "managed-image", reference: image("baked"))]
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
      #expect(outcome.record.images == ["machine": image("baked")])
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
      _ = try await azure.deployment(recorded, stage: "qa", image: image("one")).deploy("acme")
      let stages = try MachineStages(azure.loaded(recorded), ["acme"], stage: nil, isOnly: true, recorded.context)
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
      let deployment = try azure.deployment(recorded, stage: "qa", image: image("one")) { $0.isPreview = true }
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
        try await azure.deployment(recorded, stage: "qa", image: image("one")).deploy("acme")
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
