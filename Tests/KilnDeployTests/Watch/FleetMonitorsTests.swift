import HostileStrings
import KilnDeploy
import KilnDocuments
import KilnKubernetes
import Testing

struct FleetMonitorsTests {
  private static func app(domains: [String], metrics: String? = nil) -> FleetMonitors.App {
    FleetMonitors.App(
      customer: "acme", stage: "qa", name: "care", namespace: "acme-qa", domains: domains, port: 8080,
      health: "/health", metrics: metrics)
  }

  private static func yaml(_ apps: [FleetMonitors.App]) -> String {
    let monitors = FleetMonitors(
      exporter: "blackbox-exporter.monitoring:9115", labels: ["release": "prometheus"])
    return monitors.objects(apps).map { YAMLRenderer().render(.map($0.document)) }.joined()
  }

  @Test func aProbeAsksEveryDomain() {
    #expect(
      Self.yaml([Self.app(domains: ["care.acme.example", "www.acme.example"])]) == """
        ---
        apiVersion: monitoring.coreos.com/v1
        kind: Probe
        metadata:
          name: care
          namespace: acme-qa
          labels:
            app.kubernetes.io/name: care
            app.kubernetes.io/managed-by: kiln
            release: prometheus
        spec:
          jobName: care
          interval: "30s"
          module: http_2xx
          prober:
            url: "blackbox-exporter.monitoring:9115"
          targets:
            staticConfig:
              static:
                - "https://care.acme.example/health"
                - "https://www.acme.example/health"
              labels:
                customer: acme
                stage: qa
                app: care

        """)
  }

  @Test func withoutADomainTheServiceIsAsked() {
    #expect(FleetMonitors.targets(Self.app(domains: [])) == ["http://care.acme-qa.svc:8080/health"])
  }

  @Test func metricsGetAServiceMonitor() {
    let objects = FleetMonitors(exporter: "e:9115").objects([Self.app(domains: [], metrics: "/metrics")])
    #expect(objects.map(\.id.description) == ["probe/care", "servicemonitor/care"])
    #expect(
      objects[1].document["spec"] == [
        "selector": ["matchLabels": ["app.kubernetes.io/name": "care"]],
        "endpoints": [
          [
            "targetPort": 8080, "path": "/metrics", "interval": "30s",
            "relabelings": [
              ["targetLabel": "customer", "replacement": "acme"], ["targetLabel": "stage", "replacement": "qa"],
              ["targetLabel": "app", "replacement": "care"],
            ],
          ]
        ],
      ])
  }

  @Test(arguments: hostileStrings)
  func foreignTextIsAValue(text: String) {
    let app = FleetMonitors.App(
      customer: text, stage: text, name: "care", namespace: "n", domains: [text], port: 1, health: text)
    let object = FleetMonitors(exporter: text, module: text, interval: text).objects([app])[0]
    guard case .map(let spec) = object.document["spec"] else { return #expect(Bool(false)) }
    #expect(spec["module"] == .string(text))
  }
}
