import KilnDiagnostics
import KilnDocuments
import KilnKubernetes

/// The releases of a namespace, a ConfigMap each: the last ten and the last good one.
package struct ReleaseStore: Sendable {
  private static let kept = 10
  /// A ConfigMap holds 1 MiB; names, labels and the record's own growth need room.
  private static let limit = 1_000_000

  private let kubectl: Kubectl

  package init(_ kubectl: Kubectl) { self.kubectl = kubectl }

  /// What may be acted on, oldest first: the releases that nobody but Kiln has written. None where the namespace is not
  /// there.
  package func all() async throws -> [StoredRelease] { try await sealed().releases }

  /// The same, and what new ones are sealed with; nil where nothing was deployed yet.
  func sealed() async throws -> (releases: [StoredRelease], seal: ReleaseSeal?) {
    let documents = try await documents("configmaps,secrets")
    let seal = ReleaseSeal(among: documents)
    return (Self.releases(among: documents, sealedBy: seal, namespace: kubectl.namespace), seal)
  }

  /// What is shown, oldest first: whoever may write ConfigMaps there may have written or changed it.
  package func listed() async throws -> [StoredRelease] { Self.releases(among: try await documents("configmaps")) }

  private func documents(_ kinds: String) async throws -> [DocumentValue] {
    try await kubectl.objects(
      "read the releases", ["get", kinds, "--selector", "\(Labels.manager)=kiln,\(Labels.release)"])
  }

  /// Those among a namespace's ConfigMaps, oldest first.
  static func releases(among configMaps: [DocumentValue]) -> [StoredRelease] {
    configMaps.filter { $0["kind"]?.textValue == "ConfigMap" }.compactMap(StoredRelease.init(configMap:)).sorted {
      $0.record.number < $1.record.number
    }
  }

  static func releases(
    among configMaps: [DocumentValue], sealedBy seal: ReleaseSeal?, namespace: String
  ) -> [StoredRelease] {
    guard let seal else { return [] }
    return releases(among: configMaps.filter { seal.isOn($0, namespace: namespace) })
      .filter { $0.record.namespace == namespace }
  }

  /// The highest number that a namespace's objects have had from releases, whoever has written them.
  static func highestNumber(among documents: [DocumentValue]) -> Int {
    let prefix = StoredRelease.name(0).dropLast()
    return documents.filter(Labels.areOwn).flatMap { document -> [Int] in
      let metadata = document["metadata"]
      let name = metadata?["name"]?.textValue ?? ""
      return [
        metadata?["labels"]?[Labels.release]?.textValue.flatMap { Int($0) },
        name.hasPrefix(prefix) ? Int(name.dropFirst(prefix.count)) : nil,
      ].compactMap { $0 }
    }.filter(ReleaseRecord.numbers.contains).max() ?? 0
  }

  /// - Throws: `deploy.too-large`, before anything is applied.
  static func check(_ release: StoredRelease) throws {
    let size = JSONRenderer(indent: 0).render(.map(try release.configMap(nil).document)).utf8.count
    guard size <= limit else {
      throw CommandError(
        "deploy.too-large",
        "the objects of this release take \(Phrase.amount(size)); the cluster can remember \(Phrase.amount(limit))",
        help: "move large files out of ConfigMaps and into the image")
    }
  }

  /// - Throws: `deploy.lock-lost` where somebody else has made a release of this number meanwhile.
  func create(_ release: StoredRelease, _ seal: ReleaseSeal) async throws {
    do {
      try await write("create", release, seal)
    } catch let failure as KubectlFailure where failure.cause == .exists {
      throw CommandError(
        "deploy.lock-lost",
        "somebody else has made release \(release.record.number) of namespace \(kubectl.namespace) meanwhile",
        help: "deploy again")
    }
  }

  func update(_ release: StoredRelease, _ seal: ReleaseSeal) async throws {
    try await write("replace", release, seal)
  }

  private func write(_ verb: String, _ release: StoredRelease, _ seal: ReleaseSeal) async throws {
    let text = JSONRenderer(indent: 0).render(.map(try release.configMap(seal).document))
    try await kubectl.output(
      "record release \(release.record.number)", [verb, "--filename", "-", "--output", "name"], input: text)
  }

  /// Those that need not be remembered any longer.
  static func outdated(_ releases: [StoredRelease]) -> [StoredRelease] {
    let good = releases.lastGood?.record.number
    return releases.dropLast(kept).filter { $0.record.number != good }
  }

  func remove(_ releases: [StoredRelease]) async throws {
    guard !releases.isEmpty else { return }
    try await kubectl.output(
      "forget old releases",
      ["delete", "configmaps", "--ignore-not-found", "--wait=false"]
        + releases.map { StoredRelease.name($0.record.number) })
  }
}

extension [StoredRelease] {
  /// The one that runs, or ran before those that failed; of a list that has the oldest first.
  package var lastGood: StoredRelease? { last { $0.record.outcome == .deployed } }
}
