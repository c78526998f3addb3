import KilnDiagnostics
import KilnDocuments
import KilnKubernetes

/// What a cluster has and serves, by as few questions as possible and all at once.
struct ClusterSurvey: Sendable {
  let versions: ServedVersions
  /// Nil where it is not there.
  let namespace: DocumentValue?
  private(set) var live: LiveObjects
  /// Oldest first.
  let releases: [StoredRelease]

  /// - Parameter objects: Those of whose kinds all is looked at, besides ConfigMaps and Secrets.
  static func take(_ kubectl: Kubectl, for objects: [KubernetesObject]) async throws -> ClusterSurvey {
    async let listing = kubectl.output("list what the cluster serves", ["api-versions"])
    async let namespace = kubectl.object("read the namespace", "namespace/\(kubectl.namespace)")
    let found: Result<[DocumentValue], any Error>
    do {
      let kinds = kinds(objects).joined(separator: ",")
      found = .success(try await kubectl.objects("read what is there", ["get", kinds]))
    } catch { found = .failure(error) }
    let versions = ServedVersions(listing: try await listing)
    // What is not served is better said by its object.
    if case .failure(let failure as KubectlFailure) = found, failure.cause == .unknownKind {
      _ = try versions.adapted(objects)
    }
    var survey = ClusterSurvey(versions: versions, namespace: try await namespace, documents: try found.get())
    try await survey.readAutoscalers(kubectl, objects)
    return survey
  }

  private init(versions: ServedVersions, namespace: DocumentValue?, documents: [DocumentValue]) {
    self.versions = versions
    self.namespace = namespace
    live = LiveObjects(documents)
    releases = ReleaseStore.releases(among: documents.filter { $0["kind"]?.textValue == "ConfigMap" })
  }

  /// Without versions: the server's preferred ones have the fields that ours have, whichever are served.
  private static func kinds(_ objects: [KubernetesObject]) -> [String] {
    let own = objects.filter { $0.kind != "Namespace" }
      .map { $0.kind.lowercased() + ($0.group.isEmpty ? "" : ".\($0.group)") }
    return Set(own + ["configmap", "secret"]).sorted()
  }

  /// An autoscaler is another document in `autoscaling/v1`, which older servers prefer.
  private mutating func readAutoscalers(_ kubectl: Kubectl, _ objects: [KubernetesObject]) async throws {
    let adapted = try versions.adapted(objects.filter { $0.kind == "HorizontalPodAutoscaler" }).objects
    guard let wanted = adapted.first,
      live.all(wanted.kind).contains(where: { $0["apiVersion"]?.textValue != wanted.apiVersion })
    else { return }
    live.add(try await kubectl.objects("read the autoscalers", ["get", LiveObjects.kind(wanted)]))
  }

  /// - Throws: `deploy.namespace` where the namespace is somebody else's.
  func checkNamespace(_ kubectl: Kubectl, customer: String, stage: String?, adopt: Bool) throws {
    guard let namespace else { return }
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
