package import KilnDocuments

extension DeployedFleet {
  /// For programs; every key is always there.
  package var document: DocumentValue {
    ["schemaVersion": 1, "date": .string(UTCTime.stamp(date)), "deployments": .list(deployments.map(document))]
  }

  private func document(_ deployment: StageDeployment) -> DocumentValue {
    let current = deployment.current
    return [
      "customer": .string(deployment.customer), "stage": Self.value(deployment.stage),
      "cluster": Self.value(deployment.cluster), "namespace": Self.value(deployment.history.first?.namespace),
      "version": Self.value(deployment.version), "release": Self.value(current?.number),
      "specDigest": Self.value(current?.specDigest), "commit": Self.value(current?.commit),
      "author": Self.value(current?.author), "deployer": Self.value(current?.deployer),
      "deployedAt": Self.value(deployment.deployedAt.map(UTCTime.stamp)), "ageSeconds": Self.value(age(deployment)),
      "health": ["state": .string(deployment.health.word), "reason": Self.value(deployment.health.reason)],
      "absence": Self.value(deployment.absence),
      "behind": deployment.behind.map {
        ["count": .integer($0.count), "commits": .strings($0.commits), "settings": .strings($0.settings)]
      } ?? .null,
      "images": .list((current?.images ?? [:]).sorted { $0.key < $1.key }.map(Self.image)),
      "changes": .strings(current?.changes ?? []), "commits": .strings(current?.commits ?? []),
      "history": .list(deployment.history.map { Self.release($0, apps: deployment.apps) }),
    ]
  }

  private static func image(_ workload: String, _ reference: String) -> DocumentValue {
    ["workload": .string(workload), "image": .string(reference)]
  }

  private static func release(_ record: ReleaseRecord, apps: Set<String>) -> DocumentValue {
    [
      "number": .integer(record.number), "outcome": .string(record.outcome.rawValue),
      "version": value(ReleaseVersion(record.images, of: apps)?.text), "commit": value(record.commit),
      "deployer": .string(record.deployer), "begun": .string(UTCTime.stamp(record.begun)),
      "ended": value(record.ended.map(UTCTime.stamp)), "reason": value(record.reason),
      "workload": value(record.workload), "origin": value(record.origin), "approval": value(record.approval),
    ]
  }

  private static func value(_ text: String?) -> DocumentValue { text.map { .string($0) } ?? .null }
  private static func value(_ number: Int?) -> DocumentValue { number.map { .integer($0) } ?? .null }
}
