import KilnArtifacts
import KilnDocuments
import KilnKubernetes
import KilnPlan
import KilnSpec

/// What runs, and how it is reached.
extension KubernetesLowering {
  private func annotations(of workload: Workload) -> DocumentMap {
    var annotations: DocumentMap = [:]
    if let runtime = workload.app.flatMap({ plan.app(named: $0) })?.runtime {
      annotations["kiln.io/runtime-digest"] = .string(runtime.digest.description)
    }
    for (key, value) in provenanceAnnotations.pairs { annotations[key] = value }
    return annotations
  }

  func appDeployment(_ workload: Workload, _ app: AppPlan) -> KubernetesObject {
    // Where an autoscaler counts, nobody else does.
    if case .fixed(let count) = app.replicas { return deployment(workload, replicas: .integer(count)) }
    return deployment(workload, replicas: nil)
  }

  func deployment(_ workload: Workload, replicas: DocumentValue?) -> KubernetesObject {
    var spec: DocumentMap = [:]
    if let replicas { spec["replicas"] = replicas }
    spec["revisionHistoryLimit"] = 2
    spec["selector"] = ["matchLabels": .map(selector(workload.name))]
    // A new pod answers before an old one is stopped.
    spec["strategy"] = ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": 1, "maxUnavailable": 0]]
    spec["template"] = .map(template(workload))
    return object(
      "apps/v1", "Deployment", workload.name, labels: labels(of: workload), annotations: annotations(of: workload),
      ["spec": .map(spec)])
  }

  /// A data service: what it writes is its claim's, which nothing of Kiln's removes.
  func server(_ workload: Workload) -> KubernetesObject {
    guard let volume = workload.volumes.first else { return deployment(workload, replicas: 1) }
    var claim: DocumentMap = ["accessModes": ["ReadWriteOnce"]]
    if let name = settings?.storageClass { claim["storageClassName"] = .string(name) }
    claim["resources"] = ["requests": ["storage": .string(Quantity.canonical(volume.storage ?? "1Gi"))]]
    return object(
      "apps/v1", "StatefulSet", workload.name, labels: labels(of: workload), annotations: annotations(of: workload),
      [
        "spec": [
          "serviceName": .string(workload.name), "replicas": 1, "revisionHistoryLimit": 2,
          "selector": ["matchLabels": .map(selector(workload.name))], "template": .map(template(workload)),
          "volumeClaimTemplates": [
            [
              "apiVersion": "v1", "kind": "PersistentVolumeClaim",
              "metadata": ["name": .string(Self.dataVolume), "labels": .map(labels(of: workload))],
              "spec": .map(claim),
            ]
          ],
        ]
      ])
  }

  static let dataVolume = "data"

  func job(_ workload: Workload) -> KubernetesObject {
    object(
      "batch/v1", "Job", workload.name, labels: labels(of: workload),
      [
        "spec": ["backoffLimit": 0, "template": .map(template(workload, restart: "Never"))]
      ])
  }

  func cronJob(_ workload: Workload, _ schedule: PlannedSchedule) -> KubernetesObject {
    object(
      "batch/v1", "CronJob", workload.name, labels: labels(of: workload), annotations: annotations(of: workload),
      [
        "spec": [
          "schedule": .string(schedule.expression),
          "timeZone": .string(schedule.zoneName == "UTC" ? "Etc/UTC" : schedule.zoneName),
          // As everywhere: runs never overlap. A run that is late by more is left out; without a bound, a hundred missed
          // ones would stop it for good.
          "concurrencyPolicy": "Forbid", "startingDeadlineSeconds": 200,
          "successfulJobsHistoryLimit": 1, "failedJobsHistoryLimit": 3,
          "jobTemplate": [
            "metadata": ["labels": .map(labels(of: workload))],
            "spec": ["backoffLimit": 0, "template": .map(template(workload, restart: "Never"))],
          ],
        ]
      ])
  }

  /// By its name others of the namespace reach it, at the port that it listens on.
  func service(_ workload: Workload) -> KubernetesObject {
    var spec: DocumentMap = [:]
    if workload.kind == .service, !workload.volumes.isEmpty { spec["clusterIP"] = "None" }
    spec["selector"] = .map(selector(workload.name))
    let port = workload.port ?? 0
    spec["ports"] = [
      [
        "name": .string(Self.portName(workload)), "protocol": "TCP", "port": .integer(port),
        "targetPort": .string(Self.portName(workload)),
      ]
    ]
    return object("v1", "Service", workload.name, labels: labels(of: workload), ["spec": .map(spec)])
  }

  static func portName(_ workload: Workload) -> String { workload.kind == .app ? "http" : "server" }

  /// The variables of an app, named after what they are: a changed value is another object, which restarts who reads it.
  func values(of app: AppPlan) -> KubernetesObject? {
    guard let name = Self.valuesName(of: app) else { return nil }
    return object(
      "v1", "ConfigMap", name, labels: labels(app.name, "app", app: app.name),
      [
        "immutable": true, "data": .map(DocumentMap(app.values.map { ($0.name, .string($0.value)) })),
      ])
  }

  /// Nil where it has none.
  static func valuesName(of app: AppPlan) -> String? {
    guard !app.values.isEmpty else { return nil }
    var text = ""
    for value in app.values {
      text += "\(value.name.utf8.count) \(value.name) \(value.value.utf8.count) \(value.value)\n"
    }
    return "\(app.name)-values-\(ContentDigest(of: text).hex.prefix(10))"
  }

  func claims(of app: AppPlan) -> [KubernetesObject] {
    app.spec.volumes.map { volume in
      var spec: DocumentMap = [
        "accessModes": [volume.isForManyNodes?.value == true ? "ReadWriteMany" : "ReadWriteOnce"]
      ]
      if let name = settings?.storageClass { spec["storageClassName"] = .string(name) }
      spec["resources"] = ["requests": ["storage": .string(Quantity.canonical(volume.storage ?? "1Gi"))]]
      return object(
        "v1", "PersistentVolumeClaim", EnvironmentPlan.volume(volume.name.value, of: app.name),
        labels: labels(app.name, "app", app: app.name), ["spec": .map(spec)])
    }
  }

  func autoscaler(_ app: AppPlan) -> KubernetesObject? {
    guard case .range(let min, let max, let cpu) = app.replicas else { return nil }
    return object(
      "autoscaling/v2", "HorizontalPodAutoscaler", app.name, labels: labels(app.name, "app", app: app.name),
      [
        "spec": [
          "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": .string(app.name)],
          "minReplicas": .integer(min), "maxReplicas": .integer(max),
          "metrics": [
            [
              "type": "Resource",
              "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": .integer(cpu)]],
            ]
          ],
        ]
      ])
  }

  /// Where one is left when another is moved: of a single one it would stop every maintenance of its node.
  func disruptionBudget(_ workload: Workload, _ replicas: Int) -> KubernetesObject? {
    guard replicas > 1 else { return nil }
    return object(
      "policy/v1", "PodDisruptionBudget", workload.name, labels: labels(of: workload),
      ["spec": ["maxUnavailable": 1, "selector": ["matchLabels": .map(selector(workload.name))]]])
  }

  func ingress(_ app: AppPlan) -> KubernetesObject? {
    guard !app.domains.isEmpty, app.spec.port != nil else { return nil }
    var spec: DocumentMap = [:]
    var annotations: DocumentMap = [:]
    if let name = settings?.ingressClass { spec["ingressClassName"] = .string(name) }
    let domains = app.domains.map(\.value)
    if let issuer = settings?.issuer {
      annotations["cert-manager.io/cluster-issuer"] = .string(issuer)
      spec["tls"] = [["hosts": .strings(domains), "secretName": .string("\(app.name)-tls")]]
    }
    let backend: DocumentValue = [
      "service": ["name": .string(app.name), "port": ["name": "http"]]
    ]
    spec["rules"] = .list(
      domains.map { domain in
        [
          "host": .string(domain),
          "http": ["paths": [["path": "/", "pathType": "Prefix", "backend": backend]]],
        ]
      })
    return object(
      "networking.k8s.io/v1", "Ingress", app.name, labels: labels(app.name, "app", app: app.name),
      annotations: annotations, ["spec": .map(spec)])
  }
}

/// Amounts as an API server writes them, so that what is asked for reads the same when it comes back.
enum Quantity {
  /// Of processors: thousandths where it is no whole number.
  static func cpus(_ number: Double) -> String {
    let thousandths = max(1, Int((number * 1000).rounded()))
    return thousandths % 1000 == 0 ? String(thousandths / 1000) : "\(thousandths)m"
  }

  static func memory(_ bytes: Int) -> String {
    for (unit, shift) in [("Ti", 40), ("Gi", 30), ("Mi", 20)] where bytes % (1 << shift) == 0 {
      return "\(bytes >> shift)\(unit)"
    }
    return String(bytes)
  }

  /// As in `1024Gi`, which is `1Ti`.
  static func canonical(_ text: String) -> String {
    guard var number = Int(text.dropLast(2)) else { return text }
    var units = ["Mi", "Gi", "Ti"].drop { $0 != text.suffix(2) }
    while units.count > 1, number % 1024 == 0 {
      number /= 1024
      units = units.dropFirst()
    }
    return "\(number)\(units.first ?? "")"
  }
}
