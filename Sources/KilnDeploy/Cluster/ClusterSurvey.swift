import KilnDiagnostics
import KilnDocuments
import KilnKubernetes

/// What a namespace has and its cluster serves.
struct ClusterSurvey: Sendable {
  /// What the cluster serves; before it is asked, what it served for the last release.
  private(set) var versions: ServedVersions?
  /// Nil where it is not there, or has not been asked for.
  private(set) var namespace: DocumentValue?
  private(set) var live: LiveObjects
  /// Oldest first.
  let releases: [StoredRelease]
  /// Nil where no release has been made yet.
  let seal: ReleaseSeal?
  /// Records that somebody else than Kiln has written, or changed.
  let strangers: [String]
  /// Of objects that releases have made, also of those whose records are gone.
  private let highestNumber: Int

  var nextNumber: Int { highestNumber + 1 }

  /// One question, which is enough to know that nothing is to be done.
  /// - Parameters:
  ///   - objects: Those of whose kinds all is looked at, besides ConfigMaps and Secrets.
  ///   - versions: What the cluster serves, where that is known.
  static func look(
    _ kubectl: Kubectl, for objects: [KubernetesObject], versions: ServedVersions? = nil
  ) async throws -> ClusterSurvey {
    do {
      let kinds = kinds(objects).joined(separator: ",")
      let documents = try await kubectl.objects("read what is there", ["get", kinds])
      var survey = ClusterSurvey(documents, kubectl.namespace, versions)
      try await survey.readAutoscalers(kubectl, objects)
      return survey
    } catch let failure as KubectlFailure where failure.cause == .unknownKind {
      // It is better said by the object.
      _ = try await ServedVersions.ask(kubectl).adapted(objects)
      throw failure
    }
  }

  /// The same with what the cluster serves and the namespace itself.
  func completed(_ kubectl: Kubectl, for objects: [KubernetesObject]) async throws -> ClusterSurvey {
    async let versions = ServedVersions.ask(kubectl)
    async let namespace = kubectl.object("read the namespace", "namespace/\(kubectl.namespace)")
    var survey = self
    survey.versions = try await versions
    survey.namespace = try await namespace
    try await survey.readAutoscalers(kubectl, objects)
    return survey
  }

  /// The same, looked at once more, with the kinds of other objects.
  func looking(_ kubectl: Kubectl, for objects: [KubernetesObject]) async throws -> ClusterSurvey {
    var survey = try await Self.look(kubectl, for: objects, versions: versions)
    survey.namespace = namespace
    return survey
  }

  /// What earlier releases have applied, of kinds that the cluster still serves.
  var remembered: [KubernetesObject] {
    let objects = releases.flatMap(\.objects)
    return versions?.taken(objects) ?? objects
  }

  private init(_ documents: [DocumentValue], _ namespace: String, _ versions: ServedVersions?) {
    live = LiveObjects(documents)
    let seal = ReleaseSeal(among: documents)
    let records = documents.filter {
      $0["kind"]?.textValue == "ConfigMap" && Labels.areOwn($0) && $0["metadata"]?["labels"]?[Labels.release] != nil
    }
    self.seal = seal
    releases = ReleaseStore.releases(among: records, sealedBy: seal, namespace: namespace)
    strangers = records.filter { !(seal?.isOn($0, namespace: namespace) ?? false) }
      .compactMap { $0["metadata"]?["name"]?.textValue }.sorted()
    highestNumber = ReleaseStore.highestNumber(among: documents)
    self.versions = versions ?? releases.last.map { ServedVersions(listing: $0.served) }
  }

  /// Without versions: the server's preferred ones have the fields that ours have, whichever are served.
  private static func kinds(_ objects: [KubernetesObject]) -> [String] {
    let own = objects.filter { $0.kind != "Namespace" }
      .map { $0.kind.lowercased() + ($0.group.isEmpty ? "" : ".\($0.group)") }
    return Set(own + ["configmap", "secret"]).sorted()
  }

  /// An autoscaler is another document in `autoscaling/v1`, which older servers prefer.
  private mutating func readAutoscalers(_ kubectl: Kubectl, _ objects: [KubernetesObject]) async throws {
    let scalers = objects.filter { $0.kind == "HorizontalPodAutoscaler" }
    guard let wanted = try? versions?.adapted(scalers).objects.first,
      live.all(wanted.kind).contains(where: { $0["apiVersion"]?.textValue != wanted.apiVersion })
    else { return }
    live.add(try await kubectl.objects("read the autoscalers", ["get", LiveObjects.kind(wanted)]))
  }

  /// - Throws: `deploy.namespace` where the namespace is somebody else's.
  func checkNamespace(_ kubectl: Kubectl, customer: String, stage: String?, adopt: Bool) throws {
    if let namespace { try Self.check(namespace, kubectl, customer: customer, stage: stage, adopt: adopt) }
  }

  static func check(
    _ namespace: DocumentValue, _ kubectl: Kubectl, customer: String, stage: String?, adopt: Bool
  ) throws {
    let name = kubectl.namespace
    if namespace["status"]?["phase"]?.textValue == "Terminating" {
      throw CommandError(
        "deploy.namespace", "namespace \(name) is being deleted", help: "wait until it is gone, then deploy again")
    }
    let labels = namespace["metadata"]?["labels"]
    let owner = labels?[Labels.customer]?.textValue
    let ownStage = labels?[Labels.stage]?.textValue
    guard Labels.areOwn(namespace), let owner else {
      if adopt { return }
      throw CommandError(
        "deploy.namespace", "namespace \(name) is there, and Kiln has not made it",
        help: "take another name for it, or `--adopt` it: objects of the same names are then taken over")
    }
    guard owner == customer, ownStage == stage else {
      let theirs = KubectlFailure.lines(owner + (ownStage.map { " (\($0))" } ?? ""), 1).first ?? ""
      throw CommandError(
        "deploy.namespace",
        "namespace \(name) belongs to \(theirs), not to \(customer)\(stage.map { " (\($0))" } ?? "")",
        help: "give the stage a namespace of its own")
    }
  }
}
