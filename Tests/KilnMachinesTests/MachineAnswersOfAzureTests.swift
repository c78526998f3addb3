import Foundation
import KilnDeploy
import KilnEngine
import KilnProcesses
import KilnSpec
import KilnTesting
import KilnWorkspace
import SystemPackage
import Testing

@testable import KilnMachines
@testable import KilnRelease

/// Answers of Azure that are none: what says nothing is no "nothing changes", no "all is well" and no "nobody needs it".
@Suite(.serialized) struct MachineAnswersOfAzureTests {
  static let garbage = ["", "null", "12", "{}", #"{"error": {"code": "InternalServerError"}}"#]

  @Test(arguments: garbage + [#"{"changes": null}"#, #"{"status": "Failed", "error": {"code": "Boom"}}"#])
  func aQuestionThatFailedIsNoPreview(_ answer: String) async throws {
    try await azure { azure in
      try azure.answer("what-if", output: answer, code: 0, times: 9)
      let recorded = azure.context()
      let preview = await failure {
        try await azure.deployment(recorded, stage: "qa", image: image("one")) { $0.isPreview = true }.preview("acme")
      }
      #expect(preview.message.contains("cannot ask Azure what would change"), "\(preview)")
      let deploy = await failure {
        try await azure.deployment(recorded, stage: "qa", image: image("one")).deploy("acme")
      }
      #expect(deploy.message.contains("cannot ask Azure what would change"), "\(deploy)")
    }
  }

  @Test(
    arguments: garbage + [
      #"{"value": []}"#,
      #"{"value": [{"instanceId": "0", "properties": {"latestModelApplied": true, "provisioningState": "Succeeded"}}]}"#,
      #"{"value": [{"instanceId": "0", "properties": {"provisioningState": "Succeeded"}}]}"#,
    ])
  func machinesThatNobodySeesAreNotWell(_ answer: String) async throws {
    var files = machineSpec()
    files["environments/acme.yaml"]?.replace("{capacity: 1}", with: "{capacity: 2}")
    try await azure(files) { azure in
      try azure.answer("virtualMachines?", output: answer, code: 0, times: 1000)
      let recorded = azure.context()
      let failed = await failure {
        try await azure.deployment(recorded, stage: "qa", image: image("one")) { $0.machineTimeout = 60 }.deploy("acme")
      }
      #expect(failed.id == "deploy.failed", "\(failed)")
    }
  }

  @Test(arguments: garbage) func withoutTheReleasesNothingIsRemoved(_ answer: String) async throws {
    try await withStock { azure, stock in
      try azure.answer("deployment group list", output: answer, code: 0, times: 9)
      let failed = await failure { try await stock.prune(days: 30, isRemoving: true) }
      #expect(failed.message.contains("cannot read the releases"), "\(failed)")
      #expect(try azure.kept(in: "images.json").contains("acme-web-1"))
    }
  }

  @Test func aStageThatNobodyHasDeployedIsNoReasonToStop() async throws {
    try await withStock { azure, stock in
      try azure.say("missing-groups", "acme-production")
      #expect(try await stock.all().count == 2)
    }
  }

  /// Whatever is remembered of releases, and whoever's the machines are.
  @Test func whatMachinesRunIsNeeded() async throws {
    try await withStock { azure, stock in
      try azure.say(
        "sets/other.json",
        #"{"globex-vmss": {"image": "\#(image("acme-web-1").uppercased().replacing("/SUBSCRIPTIONS", with: "/subscriptions"))", "machines": [], "capacity": 0, "mode": "Manual", "model": ""}}"#
      )
      let images = try await stock.all()
      #expect(images.first { $0.reference.hasSuffix("acme-web-1") }?.releases == ["runs in globex-vmss"])
      try await stock.prune(days: 30, isRemoving: true)
      let left = try azure.kept(in: "images.json")
      #expect(left.contains("acme-web-1") && !left.contains("acme-web-2"))
    }
  }

  @Test(
    arguments: [
      #"{"value": [null]}"#, #"{"value": [1, {}]}"#,
      #"{"value": [{"name": "s", "properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": [{"id": "x"}]}}}}]}"#,
      #"{"value": [{"name": "s", "properties": {"storageProfile": {"imageReference": {"id": 7}}}}]}"#,
      #"{"value": [{"name": "s", "properties": "x"}]}"#,
    ])
  func machinesThatNobodyUnderstandsStopIt(_ answer: String) async throws {
    try await withStock { azure, stock in
      try azure.answer("virtualMachineScaleSets?", output: answer, code: 0, times: 9)
      let failed = await failure { try await stock.prune(days: 30, isRemoving: true) }
      #expect(failed.message.contains("cannot read the scale sets"), "\(failed)")
      #expect(try azure.kept(in: "images.json").contains("acme-web-1"))
    }
  }

  @Test(arguments: [
    "null", "{}", "[]", "true", "", #"{"name": "another", "properties": {"provisioningState": "Succeeded"}}"#,
  ])
  func aRecordThatIsNotWrittenStopsTheRelease(_ answer: String) async throws {
    try await azure { azure in
      try azure.answer("record.parameters.json", output: answer, code: 0, times: 9)
      let recorded = azure.context()
      let failed = await failure {
        try await azure.deployment(recorded, stage: "qa", image: image("one")).deploy("acme")
      }
      #expect(failed.message.contains("cannot record release 1"), "\(failed)")
    }
  }

  private func withStock(_ body: (FakeAzure, MachineImages) async throws -> Void) async throws {
    try await azure { azure in
      let images: [[String: Any]] = ["acme-web-1", "acme-web-2"].map {
        ["id": image($0), "name": $0, "tags": ["kiln-customer": "acme"], "properties": [String: Any]()]
      }
      try JSONSerialization.data(withJSONObject: images).write(to: azure.folder.appending(path: "images.json"))
      let times = images.map { ["id": $0["id"] as? String ?? "", "createdTime": "2024-01-01T00:00:00Z"] }
      try JSONSerialization.data(withJSONObject: times).write(to: azure.folder.appending(path: "created.json"))
      try FileManager.default.createDirectory(
        at: azure.folder.appending(path: "sets"), withIntermediateDirectories: true)
      let recorded = azure.context()
      try await body(azure, try MachineImages(azure.loaded(recorded), "acme", recorded.context))
    }
  }

  // MARK: Two at once

  /// The record of one arrives when the other has looked for it: one of them has the number, and the other waits for it.
  @Test func aRecordThatComesLateTakesNoNumber() async throws {
    try await azure { azure in
      let recorded = azure.context()
      let loaded = try azure.loaded(recorded)
      let target = try MachineTarget(loaded, loaded.plan(of: "acme"), stage: "qa", recorded.context)
      try await target.withAzure { az, folder in
        let records = target.records(az, folder)
        let (one, other) = (Self.release("one", number: 3), Self.release("other", number: 3))
        let taken = try #require(try await records.take(one))
        #expect(taken.isTaken == true)
        #expect(try await records.take(other) == nil)
        #expect(try await records.all().map(\.holder) == ["one"])
        // Neither has the number yet: whoever was first gets it, the other makes room.
        let (early, late) = (Self.release("zz", number: 4), Self.release("aa", number: 4))
        try await records.write(early)
        #expect(try await records.take(late) == nil)
        #expect(try await records.all().map(\.holder) == ["one", "zz"])
      }
    }
  }

  private static func release(_ holder: String, number: Int) -> MachineRelease {
    let record = ReleaseRecord(
      number: number, customer: "acme", stage: "qa", cluster: "azure", namespace: "acme-qa", outcome: .deploying,
      images: ["machine": image("one")], specDigest: "x", commit: nil, author: nil, deployer: "kim",
      begun: 1_700_000_000)
    return MachineRelease(record: record, settings: [], deployment: "d", contents: "c", holder: holder)
  }

  /// All that begin at once become releases of their own, one after the other, and the last one runs.
  @Test func whoIsOutrunWaits() async throws {
    try await azure { azure in
      let recorded = azure.context()
      let numbers = try await withThrowingTaskGroup(of: Int.self) { group in
        for name in ["a", "b", "c"] {
          let deployment = try azure.deployment(recorded, stage: "qa", image: image(name))
          group.addTask { try await deployment.deploy("acme").record.number }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(numbers.sorted() == [1, 2, 3])
      let history = try await MachineStages(
        azure.loaded(recorded), ["acme"], stage: "qa", isOnly: true, recorded.context
      ).history()
      let last = try #require(history.stages.first?.records.first)
      #expect(try azure.machines("acme-vmss-qa", in: "acme-qa").map(\.image) == [last.images["machine"]])
    }
  }

  // MARK: What is promoted

  @Test func aPromotedReleaseIsOfTheCommitOfItsImage() async throws {
    try await azure { azure in
      func commit(_ message: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = [
          "-ec",
          "git init -q .; git add .; git -c user.name=Kim -c user.email=kim@example.com commit -q -m \(message)",
        ]
        process.currentDirectoryURL = azure.workspace
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
      }
      try commit("One")
      let recorded = azure.context()
      let loaded = try azure.loaded(recorded)
      let bake = MachineBake(
        plan: try loaded.plan(of: "acme"), loaded: loaded, only: [], workers: Workers(count: 1), isQuiet: true,
        context: recorded.context)
      let root = FilePath(azure.workspace.path)
      try BakeRecord(
        workspace: WorkspaceIdentity(root: root).id, contents: try bake.contents(),
        images: [.init(kind: "managed-image", reference: image("baked"))]
      ).write(WorkspaceLayout(root).bakeRecord(of: "acme"))
      let first = try await azure.deployment(recorded, stage: "qa") { $0.isBuilding = false }.deploy("acme")
      let own = try #require(first.record.commit)
      try "newer\n".write(to: azure.workspace.appending(path: "src/index.html"), atomically: true, encoding: .utf8)
      try commit("Two")
      let promoted = try await azure.deployment(recorded, stage: "production", from: "qa") { $0.approval = "CHG-1" }
        .deploy("acme")
      #expect(promoted.record.commit == own && promoted.record.author == "Kim")
      // The same image by its name, and one that nobody knows the commit of.
      let named = try await azure.deployment(recorded, stage: "qa", image: image("other")).deploy("acme")
      #expect(named.record.commit == nil)
      let again = try await azure.deployment(recorded, stage: "qa", image: image("baked")).deploy("acme")
      #expect(again.record.commit == own)
    }
  }

  // MARK: Folders

  @Test func aFolderThatAKilledCommandLeftGoes() throws {
    try withFolder { parent in
      let place = FilePath(parent.path)
      let left = parent.appending(path: "kiln-azure-aaaaaa")
      try FileManager.default.createDirectory(at: left, withIntermediateDirectories: true)
      try Data("secret".utf8).write(to: left.appending(path: "parameters.json"))
      try Data().write(to: left.appending(path: "lock"))
      let used = try AzureFolder(in: place)
      let other = try AzureFolder(in: place)
      let names = try FileManager.default.contentsOfDirectory(atPath: parent.path)
      #expect(names.count == 2 && !names.contains("kiln-azure-aaaaaa"))
      used.remove()
      other.remove()
      #expect(try FileManager.default.contentsOfDirectory(atPath: parent.path).isEmpty)
    }
  }
}

extension FakeAzure {
  func kept(in file: String) throws -> String {
    try String(contentsOf: folder.appending(path: file), encoding: .utf8)
  }
}
