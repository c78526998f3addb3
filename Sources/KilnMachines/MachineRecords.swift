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
}

/// The releases of a stage, as its resource group remembers them: a deployment without resources for each, whose parameter
/// holds the record. Azure keeps the last 800 of a resource group.
package struct MachineRecords: Sendable {
  private let az: AzureCLI
  private let customer: String
  private let stage: String?
  /// Where files for `az` are written.
  private let folder: FilePath

  /// Azure's limit for a deployment's name.
  private static let nameLimit = 64

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
    // Numbers have at most nine digits, and the machines' own deployment a word behind them.
    let room = nameLimit - "-999999999-machines".utf8.count
    let digest = ContentDigest(of: "\(customer) \(stage ?? "")").hex.prefix(8)
    // "acme" in "qa-1" and "acme-qa" in "1" are not one.
    return "\(name.prefix(room - digest.utf8.count - 1))-\(digest)"
  }

  func name(_ number: Int) -> String { "\(prefix)-\(number)" }
  func deploymentName(_ number: Int) -> String { "\(name(number))-machines" }

  /// Oldest first.
  package func all() async throws -> [MachineRelease] {
    let answer = try await az.group(
      "read the releases", ["deployment", "group", "list", "--query", "[?starts_with(name, '\(prefix)-')]"])
    return answer.items.compactMap { deployment -> MachineRelease? in
      guard let text = deployment["properties"]?["parameters"]?["record"]?["value"]?.textValue,
        let release = try? JSONDecoder().decode(MachineRelease.self, from: Data(text.utf8)),
        release.record.schemaVersion == 1, release.record.isPlausible,
        deployment["name"]?.textValue == name(release.record.number), release.record.customer == customer,
        release.record.stage == stage
      else { return nil }
      return release
    }.sorted { $0.record.number < $1.record.number }
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
    try await az.group(
      "record release \(release.record.number)",
      [
        "deployment", "group", "create", "--name", name(release.record.number), "--mode", "Incremental",
        "--template-file", files[0].0.string, "--parameters", "@\(files[1].0)",
      ])
  }
}

extension [MachineRelease] {
  /// The one that runs, or ran before those that failed; of a list that has the oldest first.
  package var lastGood: MachineRelease? { last { $0.record.outcome == .deployed } }
}
