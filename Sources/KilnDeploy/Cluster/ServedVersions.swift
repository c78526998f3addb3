import KilnDiagnostics
import KilnDocuments
package import KilnKubernetes

/// The API versions that a cluster serves, and objects as it takes them.
package struct ServedVersions: Sendable, Equatable {
  /// As in `apps/v1`.
  private let versions: Set<String>

  /// - Parameter listing: What `kubectl api-versions` prints.
  package init(listing: String) { versions = Set(listing.split(separator: "\n").map { String($0) }) }

  /// As it was listed, sorted.
  var listing: String { versions.sorted().joined(separator: "\n") }

  package static func ask(_ kubectl: Kubectl) async throws -> ServedVersions {
    ServedVersions(listing: try await kubectl.output("list what the cluster serves", ["api-versions"]))
  }

  /// Versions of a kind with the same fields, newest first: a cluster serves one of them, or some.
  private static let alike: [String: [String]] = [
    "PodDisruptionBudget": ["policy/v1", "policy/v1beta1"],
    "CronJob": ["batch/v1", "batch/v1beta1"],
    "HorizontalPodAutoscaler": ["autoscaling/v2", "autoscaling/v2beta2"],
  ]

  /// Those objects that the cluster takes in one version or another.
  func taken(_ objects: [KubernetesObject]) -> [KubernetesObject] { objects.filter { (try? adapted([$0])) != nil } }

  /// Objects as this cluster takes them, and what they lose by that, a line each.
  /// - Throws: `deploy.version` with all that no version of the cluster's has.
  package func adapted(_ objects: [KubernetesObject]) throws -> (objects: [KubernetesObject], warnings: [String]) {
    var warnings: [String] = []
    var unserved: [String] = []
    let adapted = objects.map { object -> KubernetesObject in
      if serves(object.apiVersion, object.kind) { return withoutUnknownZone(object, &warnings) }
      let versions = Self.alike[object.kind] ?? []
      guard versions.contains(object.apiVersion), let version = versions.first(where: { serves($0, object.kind) })
      else {
        unserved.append("\(object.id) needs \(object.apiVersion)")
        return object
      }
      var document = object.document
      document["apiVersion"] = .string(version)
      return withoutUnknownZone(KubernetesObject(document: document) ?? object, &warnings)
    }
    guard unserved.isEmpty else {
      throw CommandError(
        "deploy.version", "the cluster does not serve all that this release has", details: unserved,
        help:
          "install what serves it (its custom resource definition, or a later version of Kubernetes), or turn it off in the spec"
      )
    }
    return (adapted, warnings)
  }

  private func serves(_ version: String, _ kind: String) -> Bool {
    // `batch/v1` has been there for Jobs alone until 1.21, when `policy/v1` came.
    if kind == "CronJob", version == "batch/v1" { return versions.contains("policy/v1") }
    return versions.contains(version)
  }

  /// `timeZone` of a CronJob came with Kubernetes 1.25, which no longer serves `batch/v1beta1`.
  private func withoutUnknownZone(_ object: KubernetesObject, _ warnings: inout [String]) -> KubernetesObject {
    guard object.kind == "CronJob", versions.contains("batch/v1beta1"), var spec = object.document["spec"]?.members,
      let zone = spec["timeZone"]
    else { return object }
    spec["timeZone"] = nil
    warnings.append(
      "\(object.id): this cluster knows no time zones of schedules; it runs by the clock of the cluster, not of \(zone.textValue ?? "the spec")"
    )
    return KubernetesObject(document: object.document.with("spec", .map(spec))) ?? object
  }
}
