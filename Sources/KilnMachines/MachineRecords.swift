import KilnArtifacts
package import KilnDeploy
import KilnDiagnostics
import KilnDocuments
import KilnProcesses
import KilnSpec
import KilnWorkspace
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A release of a machine with what is needed to bring it back.
package struct MachineRelease: Sendable, Codable, Hashable {
  package var record: ReleaseRecord
  /// Of the merged spec, sorted: `path = value`.
  package var settings: [String]
  /// The deployment that made it, in the same resource group.
  package var deployment: String
  /// Over template and parameters, without secrets.
  package var contents: String
  /// Over what machines are told when they start; nil where Kiln does not know it.
  package var customData: String?
  /// Over what the image was baked from; nil where its address was given by hand.
  package var baked: String?
  /// Where the app answers.
  package var address: String?
  /// Whoever made it, among those who make one at once.
  package var holder: String
  /// Grows while somebody works on it.
  package var beat: Int?
  /// Whether it has its number for good; nil while others may be first.
  package var isTaken: Bool?
  /// Whether somebody else had the number.
  package var isWithdrawn: Bool?
}

/// The releases of a stage, as its resource group remembers them: a deployment without resources for each, whose parameter
/// holds the record. Azure keeps the last 800 of a resource group.
///
/// A deployment that is made under a name that is there replaces it, so that nobody could tell who was first: each record has
/// a name that nobody else takes, and who has a number is settled by `take`.
package struct MachineRecords: Sendable {
  private let az: AzureCLI
  private let customer: String
  private let stage: String?
  /// Where files for `az` are written.
  private let folder: FilePath

  /// Azure's limit for a deployment's name.
  private static let nameLimit = 64
  /// What is left for customer and stage: numbers have at most nine digits, and whoever took them 13 digits to the base of
  /// 36; a digest of eight digits is behind them.
  private static let room = nameLimit - "-999999999.".utf8.count - 13 - "-01234567".utf8.count

  package init(_ az: AzureCLI, customer: String, stage: String?, folder: FilePath) {
    self.az = az
    self.customer = customer
    self.stage = stage
    self.folder = folder
  }

  /// What the names of a stage's deployments begin with.
  var prefix: String { Self.prefix(customer, stage) }

  static func prefix(_ customer: String, _ stage: String?) -> String {
    let name = "kiln-\(customer)\(stage.map { "-\($0)" } ?? "")"
    let digest = ContentDigest(of: "\(customer) \(stage ?? "")").hex.prefix(8)
    // "acme" in "qa-1" and "acme-qa" in "1" are not one.
    return "\(name.prefix(room))-\(digest)"
  }

  private static func name(of release: MachineRelease) -> String {
    "\(prefix(release.record.customer, release.record.stage))-\(release.record.number).\(release.holder)"
  }
  func deploymentName(_ number: Int) -> String { "\(prefix)-\(number)-machines" }
  /// Of the way back from a release.
  func returnName(_ number: Int) -> String { "\(prefix)-\(number)-back" }

  /// A record, and when Azure has written it.
  private struct Entry {
    let release: MachineRelease
    /// RFC 3339.
    let written: String

    /// Of several with one number: who has it, who has ended, who was first.
    var rank: (Int, String, String) {
      let state = release.isTaken == true ? 0 : release.record.outcome == .deploying ? 2 : 1
      return (state, written, release.holder)
    }
  }

  /// - Parameter isOfStage: Whether only the stage's; else all that the resource group has, also of stages and customers that
  ///   the workspace no longer has.
  private func entries(isOfStage: Bool = true) async throws -> (known: [Entry], unreadable: Int) {
    let action = "read the releases"
    let start = isOfStage ? "\(prefix)-" : "kiln-"
    let answer = try await az.group(
      action, ["deployment", "group", "list", "--query", "[?starts_with(name, '\(start)')]"])
    var unreadable = 0
    let known = try AzureCLI.items(answer, action).compactMap { deployment -> Entry? in
      // The machines' own deployments have no dot behind the number.
      let name = deployment["name"]?.textValue
      if let name, name.wholeMatch(of: /.*-[0-9]+\.[0-9a-z]+/) == nil { return nil }
      guard let text = deployment["properties"]?["parameters"]?["record"]?["value"]?.textValue,
        let release = try? JSONDecoder().decode(MachineRelease.self, from: Data(text.utf8)),
        release.record.schemaVersion == 1, release.record.isPlausible, name == Self.name(of: release)
      else {
        unreadable += 1
        return nil
      }
      guard !isOfStage || release.record.customer == customer && release.record.stage == stage else {
        unreadable += 1
        return nil
      }
      return Entry(release: release, written: deployment["properties"]?["timestamp"]?.textValue ?? "")
    }.filter { $0.release.isWithdrawn != true }
    return (known.sorted { $0.rank < $1.rank }, unreadable)
  }

  /// Oldest first.
  package func all() async throws -> [MachineRelease] { Self.inOrder(try await entries().known) }

  /// Oldest first, for each stage of every customer that the resource group remembers.
  /// - Throws: `deploy.records` where one cannot be read.
  func ofEverybody() async throws -> [[MachineRelease]] {
    let (known, unreadable) = try await entries(isOfStage: false)
    guard unreadable == 0 else {
      throw CommandError(
        "deploy.records", "\(Phrase.count(unreadable, "record")) of releases in \(az.resourceGroup) cannot be read",
        help:
          "another version of Kiln may have written them: `az deployment group list --resource-group \(az.resourceGroup)`"
      )
    }
    return Dictionary(grouping: known) { [$0.release.record.customer, $0.release.record.stage] }.values.map {
      Self.inOrder($0)
    }
  }

  private static func inOrder(_ entries: [Entry]) -> [MachineRelease] {
    var numbers: Set<Int> = []
    return entries.map(\.release).filter { numbers.insert($0.record.number).inserted }
      .sorted { $0.record.number < $1.record.number }
  }

  /// Takes a release's number, where nobody else has it or was first to ask for it.
  ///
  /// Whoever asks later sees what was there before: of two, at most one finds himself first.
  /// - Returns: The release as it is written; nil where somebody else begins one.
  func take(_ release: MachineRelease) async throws -> MachineRelease? {
    try await write(release)
    let others = try await entries().known.filter { $0.release.record.number >= release.record.number }
    guard let first = others.first(where: { $0.release.record.number == release.record.number }),
      first.release.holder == release.holder,
      !others.contains(where: { $0.release.record.number > release.record.number })
    else {
      var own = release
      own.isWithdrawn = true
      try await write(own)
      return nil
    }
    var own = release
    own.isTaken = true
    try await write(own)
    return own
  }

  /// Writes a release's record, over the one before.
  func write(_ release: MachineRelease) async throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let text = String(decoding: try encoder.encode(release), as: UTF8.self)
    let template: DocumentValue = [
      "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
      "contentVersion": "1.0.0.0", "parameters": ["record": ["type": "string"]], "resources": [],
    ]
    let parameters: DocumentValue = [
      "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
      "contentVersion": "1.0.0.0", "parameters": ["record": ["value": .string(text)]],
    ]
    let renderer = JSONRenderer(indent: 0)
    let files = [("record.template.json", template), ("record.parameters.json", parameters)].map {
      (folder.appending($0), Array(renderer.render($1).utf8))
    }
    try FileReplacement.replace(files.map { .init(path: $0, bytes: $1, isPrivate: true, isUsers: false) })
    let (action, name) = ("record release \(release.record.number)", Self.name(of: release))
    let answer = try await az.group(
      action,
      [
        "deployment", "group", "create", "--name", name, "--mode", "Incremental",
        "--template-file", files[0].0.string, "--parameters", "@\(files[1].0)",
      ])
    guard answer["name"]?.textValue?.lowercased() == name.lowercased(),
      answer["properties"]?["provisioningState"]?.textValue == "Succeeded"
    else { throw AzureFailure(action, reason: "az did not answer with the deployment that it has made") }
  }
}

extension [MachineRelease] {
  /// The one that runs, or ran before those that failed; of a list that has the oldest first.
  package var lastGood: MachineRelease? { last { $0.record.outcome == .deployed } }
}
