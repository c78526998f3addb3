import KilnDocuments
import KilnKubernetes
import KilnPlan
import KilnSpec

/// Who may reach whom: what the spec implies, and nothing else.
extension KubernetesLowering {
  var policies: [KubernetesObject] {
    [everything] + workloads.filter { $0.kind == .service }.map(policy)
      + plan.apps.map(policy)
  }

  private func policy(_ name: String, labels: DocumentMap, _ spec: DocumentMap) -> KubernetesObject {
    object("networking.k8s.io/v1", "NetworkPolicy", name, labels: labels, ["spec": .map(spec)])
  }

  /// No app, worker or service is called so.
  static let defaultPolicy = "default.kiln"

  /// Nothing but the names of others: of whatever runs in the cluster, or on the node, and answers for names. Which
  /// namespace that is in has no label before Kubernetes 1.21.
  private var everything: KubernetesObject {
    policy(
      Self.defaultPolicy, labels: labels(),
      [
        "podSelector": [:], "policyTypes": ["Ingress", "Egress"],
        "egress": [
          [
            "to": [["namespaceSelector": [:]], ["ipBlock": ["cidr": "169.254.20.10/32"]]],
            "ports": [["protocol": "UDP", "port": 53], ["protocol": "TCP", "port": 53]],
          ]
        ],
      ])
  }

  private func tcp(_ port: Int) -> DocumentValue { ["protocol": "TCP", "port": .integer(port)] }

  /// A data service is the apps' own.
  private func policy(_ service: Workload) -> KubernetesObject {
    let apps: DocumentValue = [
      "podSelector": ["matchExpressions": [["key": .string(Self.appLabel), "operator": "Exists"]]]
    ]
    return policy(
      service.name, labels: labels(of: service),
      [
        "podSelector": ["matchLabels": .map(selector(service.name))], "policyTypes": ["Ingress"],
        "ingress": [["from": [apps], "ports": [tcp(service.port ?? 0)]]],
      ])
  }

  /// An app, its workers and its jobs.
  private func policy(_ app: AppPlan) -> KubernetesObject {
    var spec: DocumentMap = [
      "podSelector": [
        "matchLabels": ["app.kubernetes.io/instance": .string(plan.customer), Self.appLabel: .string(app.name)]
      ]
    ]
    let others = workloads.filter { $0.kind == .service || $0.kind == .app && $0.name != app.name && $0.port != nil }
    var egress: [DocumentValue] = others.map { other in
      [
        "to": [["podSelector": ["matchLabels": .map(selector(other.name))]]], "ports": [tcp(other.port ?? 0)],
      ]
    }
    egress += (plan.spec.kubernetes?.egress ?? []).map { destination in
      var rule: DocumentMap = ["to": [["ipBlock": ["cidr": .string(destination.cidr.value)]]]]
      if !destination.ports.isEmpty { rule["ports"] = .list(destination.ports.map(tcp)) }
      return .map(rule)
    }
    spec["policyTypes"] = egress.isEmpty ? ["Ingress"] : ["Ingress", "Egress"]
    if let port = app.spec.port?.value {
      // Browsers come by an Ingress's controller, and Prometheus by its exporter, in whatever namespaces those are.
      spec["ingress"] =
        app.domains.isEmpty && probe(app) == nil
        ? [["from": [["podSelector": [:]]], "ports": [tcp(port)]]] : [["ports": [tcp(port)]]]
    }
    if !egress.isEmpty { spec["egress"] = .list(egress) }
    return policy(app.name, labels: labels(app.name, "app", app: app.name), spec)
  }
}
