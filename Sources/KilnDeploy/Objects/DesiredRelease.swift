import KilnArtifacts
import KilnDocuments
import KilnKubernetes

/// A plan as this cluster and this release's number make it: what is applied, in phases.
struct DesiredRelease: Sendable {
  struct Job: Sendable {
    /// As the plan calls it.
    let name: String
    /// As it is applied, with the release's number behind its name.
    let object: KubernetesObject
    /// Of what it runs with: equal digests need not run twice.
    let digest: String
  }

  let number: Int
  let namespace: KubernetesObject
  /// Everything but the namespace, Secrets and jobs.
  let objects: [KubernetesObject]
  let jobs: [Job]
  /// The Secrets' names in the cluster by those of the plan.
  let secretNames: [String: String]
  /// Those that are made anew; they hold values.
  let newSecrets: [KubernetesObject]
  let warnings: [String]
  /// What the cluster serves.
  private let served: String

  init(
    _ plan: ReleasePlan, number: Int, _ secrets: SecretValues, _ versions: ServedVersions, after last: StoredRelease?,
    _ live: LiveObjects
  ) throws {
    self.number = number
    let (adapted, warnings) = try versions.adapted(plan.objects + plan.jobs)
    self.warnings = warnings
    served = versions.listing
    let names = secrets.names(for: number, after: last?.record, live)
    secretNames = names
    newSecrets = secrets.objects(names, number: number, plan)
    let all = adapted.map { SecretReferences.renamed($0, names).labelled(Labels.own) }
    let owner = Labels.of(customer: plan.customer, stage: plan.stage)
    namespace =
      (all.first { $0.kind == "Namespace" } ?? KubernetesObject("v1", "Namespace", plan.namespace, namespace: nil, [:]))
      .labelled(owner)
    let objects = all.prefix(plan.objects.count).filter { $0.kind != "Namespace" }
    self.objects = Array(objects)
    let configuration = objects.filter { $0.kind == "ConfigMap" }
    jobs = all.suffix(plan.jobs.count).map { job in
      let labels: DocumentMap = [Labels.release: .string(String(number))]
      return Job(
        name: job.name, object: job.named("\(job.name)-r\(number)").labelled(labels),
        digest: Self.digest(job, configuration))
    }
  }

  /// An earlier release once more: its objects and Secrets as they were, and no jobs.
  init(_ release: StoredRelease, number: Int, _ versions: ServedVersions?) throws {
    self.number = number
    let record = release.record
    self.namespace =
      release.objects.first { $0.kind == "Namespace" }
      ?? KubernetesObject("v1", "Namespace", record.namespace, namespace: nil, [:])
      .labelled(Labels.of(customer: record.customer, stage: record.stage))
    let (objects, warnings) = try versions?.adapted(release.applied) ?? (release.applied, [])
    self.objects = objects
    self.warnings = warnings
    served = versions?.listing ?? release.served
    jobs = []
    secretNames = record.secrets
    newSecrets = []
  }

  /// Those that have not succeeded yet with what they run with now.
  func dueJobs(after last: ReleaseRecord?) -> [Job] { jobs.filter { last?.jobs[$0.name] != $0.digest } }

  /// Whether the namespace is there with all that is wanted of it.
  func hasNamespace(_ survey: ClusterSurvey) -> Bool {
    survey.namespace.map { isThere(namespace, $0) } ?? false
  }

  /// What is remembered of it: objects without Secrets, with all jobs that may run.
  func stored(_ record: ReleaseRecord, _ content: ReleaseContent) -> StoredRelease {
    var record = record
    record.secrets = secretNames
    return StoredRelease(
      record: record, objects: [namespace] + objects + jobs.map(\.object), settings: content.settings, served: served)
  }

  /// Of a job's specification and of the ConfigMaps that it names; a Secret's name stands for its values.
  private static func digest(_ job: KubernetesObject, _ configuration: [KubernetesObject]) -> String {
    let own = (job.document["spec"] ?? .null).canonicalText
    let read = configuration.filter { own.contains("\"\($0.name)\"") }
      .map { "\($0.name)=\(($0.document["data"] ?? .null).canonicalText)" }
    return ContentDigest(of: ([own] + read).joined(separator: "\n")).description
  }
}

/// When an object is applied.
enum ApplyPhase: CaseIterable {
  /// What others need and nothing waits for.
  case foundation
  /// Data services, which jobs and apps find running.
  case data
  case rest

  init(_ object: KubernetesObject) {
    switch object.kind {
    case "StatefulSet": self = .data
    case "ServiceAccount", "Role", "RoleBinding", "NetworkPolicy", "ConfigMap", "Secret", "PersistentVolumeClaim",
      "Service", "SecretProviderClass", "LimitRange", "ResourceQuota":
      self = .foundation
    default: self = .rest
    }
  }
}
