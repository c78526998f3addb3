package import KilnDocuments
package import KilnKubernetes

/// Objects for clusters that have the Prometheus operator, so that Prometheus asks what `kiln watch` asks.
///
/// Source: prometheus-operator.dev, "API reference", `monitoring.coreos.com/v1`.
package struct FleetMonitors: Sendable {
  /// An app as it is reached.
  package struct App: Sendable, Hashable {
    package let customer: String
    package let stage: String?
    package let name: String
    package let namespace: String
    /// As in `care.acme.example`; where there are none, the Service is asked.
    package let domains: [String]
    package let port: Int
    /// As in `/health`.
    package let health: String
    /// Where the app has numbers for Prometheus, as in `/metrics`.
    package let metrics: String?

    package init(
      customer: String, stage: String?, name: String, namespace: String, domains: [String], port: Int,
      health: String, metrics: String? = nil
    ) {
      self.customer = customer
      self.stage = stage
      self.name = name
      self.namespace = namespace
      self.domains = domains
      self.port = port
      self.health = health
      self.metrics = metrics
    }
  }

  private static let apiVersion = "monitoring.coreos.com/v1"

  /// `HOST:PORT` of the blackbox exporter, as in `blackbox-exporter.monitoring:9115`.
  package let exporter: String
  /// The exporter's module: which status and which content it expects is in its own configuration.
  package let module: String
  /// As in `30s`.
  package let interval: String
  /// Labels by which the cluster's Prometheus finds its monitors, as in `release: prometheus`.
  package let labels: DocumentMap

  package init(
    exporter: String, module: String = "http_2xx", interval: String = "30s", labels: DocumentMap = [:]
  ) {
    self.exporter = exporter
    self.module = module
    self.interval = interval
    self.labels = labels
  }

  /// A Probe for each app, and a ServiceMonitor for one with metrics.
  package func objects(_ apps: [App]) -> [KubernetesObject] {
    apps.flatMap { app in [probe(app)] + [app.metrics.map { serviceMonitor(app, $0) }].compactMap { $0 } }
  }

  /// The addresses that are asked, in the order of the domains.
  package static func targets(_ app: App) -> [String] {
    let path = app.health.hasPrefix("/") ? app.health : "/" + app.health
    return app.domains.isEmpty
      ? ["http://\(app.name).\(app.namespace).svc:\(app.port)\(path)"] : app.domains.map { "https://\($0)\(path)" }
  }

  private func probe(_ app: App) -> KubernetesObject {
    object(
      "Probe", app,
      [
        "jobName": .string(app.name), "interval": .string(interval), "module": .string(module),
        "prober": ["url": .string(exporter)],
        "targets": [
          "staticConfig": ["static": .strings(Self.targets(app)), "labels": .map(Self.series(app))]
        ],
      ])
  }

  private func serviceMonitor(_ app: App, _ path: String) -> KubernetesObject {
    object(
      "ServiceMonitor", app,
      [
        "selector": ["matchLabels": .map(Self.identity(app))],
        "endpoints": [
          [
            "targetPort": .integer(app.port), "path": .string(path), "interval": .string(interval),
            "relabelings": .list(
              Self.series(app).pairs.map { ["targetLabel": .string($0.0), "replacement": $0.1] }),
          ]
        ],
      ])
  }

  private func object(_ kind: String, _ app: App, _ spec: DocumentMap) -> KubernetesObject {
    var all = Self.identity(app)
    all["app.kubernetes.io/managed-by"] = "kiln"
    for (key, value) in labels.pairs { all[key] = value }
    return KubernetesObject(
      Self.apiVersion, kind, app.name, namespace: app.namespace, metadata: ["labels": .map(all)],
      ["spec": .map(spec)])
  }

  /// What a series has, so that an alert says whose it is.
  private static func series(_ app: App) -> DocumentMap {
    var labels: DocumentMap = ["customer": .string(app.customer)]
    if let stage = app.stage { labels["stage"] = .string(stage) }
    labels["app"] = .string(app.name)
    return labels
  }

  private static func identity(_ app: App) -> DocumentMap { ["app.kubernetes.io/name": .string(app.name)] }
}
