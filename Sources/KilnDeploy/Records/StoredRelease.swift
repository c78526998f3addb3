import KilnDocuments
package import KilnKubernetes

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A release with what it has applied: enough to bring it back without its workspace.
package struct StoredRelease: Sendable {
  package var record: ReleaseRecord
  /// As they were applied, with the namespace and without Secrets; jobs with the release's number in their names.
  package var objects: [KubernetesObject]
  /// Of the merged spec, sorted: `path = value`.
  package var settings: [String]
  /// What the cluster served then, as `kubectl api-versions` lists it.
  package var served: String

  package init(record: ReleaseRecord, objects: [KubernetesObject], settings: [String], served: String) {
    self.record = record
    self.objects = objects
    self.settings = settings
    self.served = served
  }

  private static let recordKey = "release.json"
  private static let objectsKey = "objects.json"
  private static let settingsKey = "settings.json"
  private static let servedKey = "api-versions"

  /// What is applied to bring it back: jobs have run, and the namespace is there.
  var applied: [KubernetesObject] { objects.filter { $0.kind != "Job" && $0.kind != "Namespace" } }

  static func name(_ number: Int) -> String { "kiln-release-\(number)" }

  /// - Parameter configMap: As the cluster answers; nil for what is no release, or one that this version cannot read.
  init?(configMap: DocumentValue) {
    guard let data = configMap["data"], let text = data[Self.recordKey]?.textValue,
      let record = try? JSONDecoder().decode(ReleaseRecord.self, from: Data(text.utf8)), record.schemaVersion == 1,
      configMap["metadata"]?["name"]?.textValue == Self.name(record.number), record.isPlausible
    else { return nil }
    self.record = record
    func items(_ key: String) -> [DocumentValue] {
      data[key]?.textValue.flatMap { try? JSONReader.read($0) }?.items ?? []
    }
    objects = items(Self.objectsKey).compactMap { KubernetesObject(document: $0.members) }
    settings = items(Self.settingsKey).compactMap(\.textValue)
    served = data[Self.servedKey]?.textValue ?? ""
  }

  /// What is written to the cluster.
  /// - Parameter seal: Nil where only its size is asked for.
  func configMap(_ seal: ReleaseSeal?) throws -> KubernetesObject {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let text = String(decoding: try encoder.encode(record), as: UTF8.self)
    let line = JSONRenderer(indent: 0)
    var labels = Labels.of(customer: record.customer, stage: record.stage)
    labels[Labels.release] = .string(String(record.number))
    let name = Self.name(record.number)
    let data: DocumentValue = [
      Self.recordKey: .string(text),
      Self.objectsKey: .string(line.render(.list(objects.map { .map($0.document) }))),
      Self.settingsKey: .string(line.render(.strings(settings))),
      Self.servedKey: .string(served),
    ]
    var metadata: DocumentMap = ["labels": .map(labels)]
    if let seal {
      metadata["annotations"] = [
        ReleaseSeal.annotation: .string(seal.text(of: data, name, namespace: record.namespace))
      ]
    }
    return KubernetesObject(
      "v1", "ConfigMap", name, namespace: record.namespace, metadata: metadata, ["data": data])
  }
}
