import KilnArtifacts
import KilnDocuments
package import KilnKubernetes
package import KilnPlan
import KilnSpec

/// An environment in a namespace of a cluster.
package struct KubernetesLowering {
  /// What is the same for all objects of a release and in no generated file: who made it.
  package struct Provenance: Sendable, Hashable {
    package let commit: String?
    package let author: String?

    package init(commit: String?, author: String?) {
      self.commit = commit
      self.author = author
    }
  }

  /// Objects that people look for in one file.
  package struct Group: Sendable, Hashable {
    /// As in `care`.
    package let name: String
    package let objects: [KubernetesObject]
  }

  /// At the stage.
  let plan: EnvironmentPlan
  /// Nil for what all stages have alike, without a namespace.
  let deployment: KubernetesPlan?
  let provenance: Provenance?
  /// The image that a workload runs.
  let image: (Workload) -> String
  /// The plan's, which are made anew each time that it is asked.
  let workloads: [Workload]

  /// - Parameter image: The image that a workload runs, with its digest; nil for its name alone.
  package init(
    _ plan: EnvironmentPlan, _ deployment: KubernetesPlan?, provenance: Provenance? = nil,
    image: ((Workload) -> String)? = nil
  ) {
    self.plan = plan
    self.deployment = deployment
    self.provenance = provenance
    self.image = image ?? Self.name
    workloads = plan.workloads
  }

  /// A digest is known once an image is pushed.
  private static func name(_ workload: Workload) -> String {
    switch workload.image {
    case .fixed(let reference): reference.description
    case .application(_, let repository): repository.description
    }
  }

  /// For all stages those that all have alike.
  var settings: ClusterSettings? {
    if let deployment { return deployment.settings }
    let all = Set(plan.deployments.map(\.settings))
    return all.count == 1 ? all.first : plan.spec.kubernetes?.settings
  }

  // MARK: Names and labels

  static let customerLabel = "kiln.io/customer"
  static let stageLabel = "kiln.io/stage"
  /// The app that a pod is, or belongs to.
  static let appLabel = "kiln.io/app"

  func labels(_ name: String? = nil, _ component: String? = nil, app: String? = nil) -> DocumentMap {
    var labels: DocumentMap = [:]
    if let name { labels["app.kubernetes.io/name"] = .string(name) }
    labels["app.kubernetes.io/instance"] = .string(plan.customer)
    if let component { labels["app.kubernetes.io/component"] = .string(component) }
    labels["app.kubernetes.io/managed-by"] = "kiln"
    labels[Self.customerLabel] = .string(plan.customer)
    if let app { labels[Self.appLabel] = .string(app) }
    return labels
  }

  /// By which a workload knows its pods; no cluster lets it change.
  func selector(_ name: String) -> DocumentMap {
    ["app.kubernetes.io/name": .string(name), "app.kubernetes.io/instance": .string(plan.customer)]
  }

  func labels(of workload: Workload) -> DocumentMap {
    labels(workload.name, workload.kind.component, app: workload.app)
  }

  func object(
    _ apiVersion: String, _ kind: String, _ name: String, labels: DocumentMap, annotations: DocumentMap = [:],
    _ body: DocumentMap
  ) -> KubernetesObject {
    var metadata: DocumentMap = ["labels": .map(labels)]
    if !annotations.isEmpty { metadata["annotations"] = .map(annotations) }
    return KubernetesObject(
      apiVersion, kind, name, namespace: deployment?.namespace, metadata: metadata, body)
  }

  // MARK: Everything

  /// The namespace; nil where there is no deployment.
  package var namespace: KubernetesObject? {
    guard let deployment else { return nil }
    var labels = labels()
    if let stage = deployment.stage { labels[Self.stageLabel] = .string(stage) }
    let level: DocumentValue = isRestricted ? "restricted" : "baseline"
    labels["pod-security.kubernetes.io/enforce"] = level
    labels["pod-security.kubernetes.io/warn"] = level
    labels["pod-security.kubernetes.io/audit"] = "restricted"
    return KubernetesObject(
      "v1", "Namespace", deployment.namespace, namespace: nil,
      metadata: [
        "labels": .map(labels),
        "annotations": .map(
          DocumentMap(
            [("kiln.io/spec-digest", .string(plan.specDigest(at: deployment.stage).description))]
              + provenanceAnnotations.pairs)),
      ], [:])
  }

  var provenanceAnnotations: DocumentMap {
    var annotations: DocumentMap = [:]
    if let commit = provenance?.commit { annotations["kiln.io/commit"] = .string(commit) }
    if let author = provenance?.author { annotations["kiln.io/author"] = .string(author) }
    return annotations
  }

  /// All but the namespace and what runs once, in the order in which it is applied.
  package var groups: [Group] {
    [Group(name: "service-account", objects: [serviceAccount]), Group(name: "network", objects: policies)]
      + workloads.compactMap { workload in
        let objects = objects(of: workload)
        return objects.isEmpty ? nil : Group(name: workload.name, objects: objects)
      }
  }

  package var objects: [KubernetesObject] { groups.flatMap(\.objects) }

  /// What runs once for each deployment, in its order.
  package var jobs: [KubernetesObject] { workloads.filter { $0.kind == .migration }.map(job) }

  private var serviceAccount: KubernetesObject {
    object("v1", "ServiceAccount", plan.customer, labels: labels(), ["automountServiceAccountToken": false])
  }

  private func objects(of workload: Workload) -> [KubernetesObject] {
    switch workload.kind {
    case .service: return vaults(of: workload) + [service(workload), server(workload)]
    case .app:
      guard let app = plan.app(named: workload.name) else { return [] }
      return vaults(of: workload) + [values(of: app)].compactMap { $0 } + claims(of: app)
        + (workload.port == nil ? [] : [service(workload)]) + [appDeployment(workload, app)]
        + [autoscaler(app), disruptionBudget(workload, app.replicas.minimum), ingress(app), probe(app)].compactMap {
          $0
        }
    case .worker:
      return [deployment(workload, replicas: .integer(workload.replicas))]
        + [disruptionBudget(workload, workload.replicas)].compactMap { $0 }
    case .schedule(let schedule): return [cronJob(workload, schedule)]
    case .migration, .test, .helper: return []
    }
  }

  /// Why pods of a workload need more than Pod Security's `restricted` allows; nil where they do not.
  package func unrestrictedReason(_ workload: Workload) -> String? {
    if rootOwner(workload) != nil { return "a container that begins as root gives the volume to its account" }
    switch workload.account {
    case .webServer: return "its web server begins as root"
    case .officialImage: return "the official image begins as root"
    case .own(let user):
      return accountNumber(workload) == nil ? "the number of the account \(user) is the image's" : nil
    }
  }

  /// What keeps the namespace from the level `restricted`, for who reviews it.
  var securityNotes: [String] {
    let reasons = workloads.compactMap { workload in
      unrestrictedReason(workload).map { "- \(workload.name): \($0)" }
    }
    return reasons.isEmpty ? [] : ["Pod Security: not \"restricted\", since some pods cannot be:"] + reasons
  }

  private var isRestricted: Bool { workloads.allSatisfy { unrestrictedReason($0) == nil } }
}

extension Workload.Kind {
  /// As the label `app.kubernetes.io/component` says it.
  var component: String {
    switch self {
    case .service: "service"
    case .app: "app"
    case .worker: "worker"
    case .migration: "migration"
    case .test: "test"
    case .helper: "helper"
    case .schedule: "schedule"
    }
  }
}
