import KilnDocuments
import KilnKubernetes
import KilnPlan
import KilnSpec

/// How the cluster knows that a container is well.
extension KubernetesLowering {
  /// Ready is what answers as the spec says; alive is what takes connections, so that a slow database restarts nothing.
  func probes(_ workload: Workload) -> DocumentMap {
    var probes: DocumentMap = [:]
    func add(_ ready: DocumentMap, alive: DocumentMap?, start failures: Int) {
      func probe(_ map: DocumentMap, _ period: Int, _ failures: Int, _ seconds: Int) -> DocumentValue {
        var probe = map
        probe["periodSeconds"] = .integer(period)
        probe["timeoutSeconds"] = .integer(seconds)
        probe["failureThreshold"] = .integer(failures)
        return .map(probe)
      }
      probes["startupProbe"] = probe(ready, 2, failures, 5)
      probes["readinessProbe"] = probe(ready, 5, 3, 5)
      if let alive { probes["livenessProbe"] = probe(alive, 10, 6, 5) }
    }
    let connection: DocumentMap? = workload.port.map { _ in
      ["tcpSocket": ["port": .string(Self.portName(workload))]]
    }
    switch workload.kind {
    case .app:
      guard let connection else { return [:] }
      guard let path = plan.app(named: workload.name)?.spec.health?.value else {
        add(connection, alive: connection, start: 60)
        return probes
      }
      add(
        [
          "httpGet": [
            "path": .string(path), "port": "http", "httpHeaders": [["name": "Host", "value": "localhost"]],
          ]
        ], alive: connection, start: 60)
    case .service:
      guard let health = plan.services.first(where: { $0.name == workload.name })?.health, !health.isEmpty else {
        if let connection { add(connection, alive: connection, start: 150) }
        return probes
      }
      add(["exec": ["command": .strings(health.map(KubernetesText.literal))]], alive: connection, start: 150)
    case .worker:
      guard case .command(let words) = workload.health else { return [:] }
      let asked: DocumentMap = ["exec": ["command": .strings(words.map(KubernetesText.literal))]]
      add(asked, alive: asked, start: 60)
    case .migration, .schedule, .test, .helper: break
    }
    return probes
  }
}
