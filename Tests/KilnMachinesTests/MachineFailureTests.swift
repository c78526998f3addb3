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

/// Deployments of machines that fail, and those that others began.
@Suite(.serialized) struct MachineFailureTests {
  @Test func machinesThatAreNotWellGoBack() async throws {
    try await azure { azure in
      let recorded = azure.context()
      _ = try await azure.deployment(recorded, stage: "qa", image: image("good")).deploy("acme")
      try azure.say("unhealthy", "bad")
      let failed = await failure {
        try await azure.deployment(recorded, stage: "qa", image: image("bad")).deploy("acme")
      }
      #expect(failed.id == "deploy.failed")
      #expect(failed.text.contains("MaxUnhealthyUpgradedInstancePercent"), "\(failed.text)")
      #expect(failed.text.contains("release 1 is back and runs"), "\(failed.text)")
      #expect(try azure.machines("acme-vmss-qa", in: "acme-qa").map(\.image) == [image("good")])
      let history = try await MachineStages(
        azure.loaded(recorded), ["acme"], stage: "qa", isOnly: true, recorded.context
      ).history()
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
        try await azure.deployment(recorded, stage: "qa", image: image("one")).deploy("acme")
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
      let deployment = try azure.deployment(recorded, stage: "qa", image: image("one"))
      let begun = deployment.clock.now()
      let outcome = try await deployment.deploy("acme")
      #expect(outcome.record.outcome == .deployed)
      #expect(deployment.clock.now() - begun >= 2 * 17)
    }
  }

  /// Until Azure begins the new upgrade, the latest is one that failed before.
  @Test func anEarlierUpgradesFailureIsNotThisOnes() async throws {
    try await azure { azure in
      let recorded = azure.context()
      _ = try await azure.deployment(recorded, stage: "qa", image: image("one")).deploy("acme")
      try azure.say("earlier-upgrade", "")
      let outcome = try await azure.deployment(recorded, stage: "qa", image: image("two")).deploy("acme")
      #expect(outcome.record.outcome == .deployed)
    }
  }

  @Test func aDeploymentThatDoesNotEndIsCancelled() async throws {
    try await azure { azure in
      let recorded = azure.context()
      try azure.say("slow", "100000")
      let failed = await failure {
        try await azure.deployment(recorded, stage: "qa", image: image("one")) { $0.timeout = 120 }.deploy("acme")
      }
      #expect(failed.id == "deploy.failed" && failed.message.contains("not done in time"), "\(failed)")
      #expect(azure.calls.contains { $0.hasPrefix("deployment group cancel") })
    }
  }

  @Test func whoeverWasKilledIsTakenOver() async throws {
    try await azure { azure in
      let recorded = azure.context()
      _ = try await azure.deployment(recorded, stage: "qa", image: image("one")).deploy("acme")
      // Its record says that somebody deploys; nobody goes on.
      let folder = azure.folder.appending(path: "deployments/acme-qa")
      for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name.contains("-1.") {
        let file = folder.appending(path: name)
        let text = try String(contentsOf: file, encoding: .utf8)
        try text.replacing("\\\"outcome\\\":\\\"deployed\\\"", with: "\\\"outcome\\\":\\\"deploying\\\"")
          .write(to: file, atomically: true, encoding: .utf8)
      }
      let outcome = try await azure.deployment(recorded, stage: "qa", image: image("two")).deploy("acme")
      #expect(outcome.record.number == 2)
      #expect(recorded.error.contains("release 1 was interrupted; this one takes its place"), "\(recorded.error)")
    }
  }

  @Test func othersWhoDeployAreWaitedFor() async throws {
    try await azure { azure in
      let recorded = azure.context()
      _ = try await azure.deployment(recorded, stage: "qa", image: image("one")).deploy("acme")
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
        try await azure.deployment(recorded, stage: "qa", image: image("two")) { $0.lockTimeout = 300 }.deploy(
          "acme")
      }
      #expect(failed.id == "deploy.busy", "\(failed)")
    }
  }
}
