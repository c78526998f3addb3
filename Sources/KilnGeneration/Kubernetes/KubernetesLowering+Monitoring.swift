import KilnDocuments
import KilnKubernetes
import KilnPlan
import KilnSpec

/// What Prometheus asks, where the cluster has its operator: the pages that `kiln watch` asks.
///
/// Source: prometheus-operator.dev, "API reference", `monitoring.coreos.com/v1`.
extension KubernetesLowering {
  /// Nil where the cluster says nothing of it, or the app has no health path.
  func probe(_ app: AppPlan) -> KubernetesObject? {
    guard let monitoring = deployment?.cluster?.monitoring, let port = app.spec.port?.value,
      let health = app.spec.health?.value
    else { return nil }
    let domains = app.domains.map(\.value)
    let pages =
      domains.isEmpty
      ? ["http://\(app.name).\(deployment?.namespace ?? "").svc:\(port)\(health)"]
      : domains.map { "https://\($0)\(health)" }
    // So that an alert says whose it is.
    var series: DocumentMap = ["customer": .string(plan.customer)]
    if let stage = deployment?.stage { series["stage"] = .string(stage) }
    series["app"] = .string(app.name)
    var labels = labels(app.name, "app", app: app.name)
    for (key, value) in monitoring.labels.sorted(by: { $0.key < $1.key }) { labels[key] = .string(value) }
    return object(
      "monitoring.coreos.com/v1", "Probe", app.name, labels: labels,
      [
        "spec": [
          "jobName": .string(app.name), "interval": "30s", "module": .string(monitoring.module),
          "prober": ["url": .string(monitoring.exporter)],
          "targets": ["staticConfig": ["static": .strings(pages), "labels": .map(series)]],
        ]
      ])
  }
}
