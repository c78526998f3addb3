import KilnDiagnostics
import KilnDocuments
import KilnKubernetes

/// Whether the account may do all that a deployment does, asked at once and before anything is changed.
struct PermissionCheck {
  let kubectl: Kubectl

  /// - Throws: `deploy.forbidden` with every verb and resource that is missing.
  func run(_ rights: [KubectlFailure.Right]) async throws {
    let review: DocumentValue = [
      "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview",
      "spec": ["namespace": .string(kubectl.namespace)],
    ]
    let text = JSONRenderer(indent: 0).render(review)
    let answer = try? await kubectl.objects("ask for rights", ["create", "--filename", "-"], input: text).first
    // Who is not told everything learns at the dry run what is missing.
    guard let status = answer?["status"], status["incomplete"]?.isTrue != true else { return }
    let rules = status["resourceRules"]?.items ?? []
    let missing = rights.filter { right in !rules.contains { Self.allows($0, right) } }
    guard missing.isEmpty else { throw KubectlFailure.forbidden(missing, namespace: kubectl.namespace) }
  }

  private static func allows(_ rule: DocumentValue, _ right: KubectlFailure.Right) -> Bool {
    func has(_ key: String, _ values: String...) -> Bool {
      rule[key]?.items.contains { item in item.textValue.map { $0 == "*" || values.contains($0) } ?? false } ?? false
    }
    let parts = right.resource.split(separator: ".", maxSplits: 1).map(String.init)
    let below = parts[0].split(separator: "/").last.map { "*/\($0)" } ?? ""
    return has("verbs", right.verb) && has("apiGroups", parts.count > 1 ? parts[1] : "")
      && has("resources", parts[0], below)
  }

  static func rights(_ plan: ReleasePlan) -> [KubectlFailure.Right] {
    rights(plan.objects, hasJobs: !plan.jobs.isEmpty, hasPages: !plan.pages.isEmpty)
  }

  /// All that a release of these objects needs.
  static func rights(_ objects: [KubernetesObject], hasJobs: Bool, hasPages: Bool) -> [KubectlFailure.Right] {
    var rights: [KubectlFailure.Right] = []
    func need(_ resource: String, _ verbs: String...) {
      for verb in verbs {
        let right = KubectlFailure.Right(verb: verb, resource: resource)
        if !rights.contains(right) { rights.append(right) }
      }
    }
    need("configmaps", "get", "list", "create", "update", "patch", "delete")
    need("secrets", "get", "list", "create", "patch", "delete")
    need("leases.coordination.k8s.io", "get", "create", "update")
    need("pods", "list")
    need("persistentvolumeclaims", "list")
    need("pods/log", "get")
    need("events", "list")
    for object in objects where object.kind != "Namespace" {
      let resource = resource(object)
      need(resource, "get", "list", "create", "patch")
      if object.kind != "PersistentVolumeClaim" { need(resource, "delete") }
      if object.kind == "Deployment" { need("replicasets.apps", "list") }
      if object.kind == "StatefulSet" { need("pods", "delete") }
    }
    if hasJobs { need("jobs.batch", "get", "list", "create", "patch", "delete") }
    if hasPages { need("services/proxy", "get") }
    return rights
  }

  /// As in `networkpolicies.networking.k8s.io`.
  static func resource(_ object: KubernetesObject) -> String {
    let kind = object.kind.lowercased()
    var name = kind + "s"
    if kind.hasSuffix("y"), !["ay", "ey", "oy"].contains(where: kind.hasSuffix) {
      name = kind.dropLast() + "ies"
    } else if ["s", "x", "ch", "sh"].contains(where: kind.hasSuffix) {
      name = kind + "es"
    }
    return object.group.isEmpty ? name : "\(name).\(object.group)"
  }
}
