import KilnDocuments
import KilnKubernetes
import KilnPlan
import KilnSpec

/// Pods, with no more rights than their processes need.
extension KubernetesLowering {
  /// Seconds in which endpoints forget a pod that is stopped, while it still answers.
  private static let farewell = 5
  /// Seconds that a pod has to end; data services may write much.
  private static let grace = 45
  private static let graceOfData = 120

  func template(_ workload: Workload, restart: String? = nil) -> DocumentMap {
    ["metadata": ["labels": .map(labels(of: workload))], "spec": .map(pod(workload, restart))]
  }

  private func pod(_ workload: Workload, _ restart: String?) -> DocumentMap {
    var pod: DocumentMap = [
      "serviceAccountName": .string(plan.customer), "automountServiceAccountToken": false,
      "enableServiceLinks": false,
    ]
    if let restart { pod["restartPolicy"] = .string(restart) }
    // The pod's own first process is there then, and the program gets its signals.
    if plan.runsOwnProgram(workload) { pod["shareProcessNamespace"] = true }
    if let name = settings?.pullSecret { pod["imagePullSecrets"] = [["name": .string(name)]] }
    pod["securityContext"] = .map(podSecurity(workload))
    if restart == nil {
      pod["terminationGracePeriodSeconds"] = .integer(workload.kind == .service ? Self.graceOfData : Self.grace)
    }
    if let affinity = affinity(workload) { pod["affinity"] = affinity }
    if workload.kind == .app || workload.kind == .worker, copies(workload) > 1, affinity(workload) == nil {
      pod["topologySpreadConstraints"] = [
        [
          "maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway",
          "labelSelector": ["matchLabels": .map(selector(workload.name))],
        ]
      ]
    }
    if let owner = rootOwner(workload) { pod["initContainers"] = [.map(owner)] }
    pod["containers"] = [.map(container(workload, restart))]
    let volumes = volumes(workload)
    if !volumes.isEmpty { pod["volumes"] = .list(volumes) }
    return pod
  }

  private func copies(_ workload: Workload) -> Int {
    guard workload.kind == .app, let app = plan.app(named: workload.name) else { return workload.replicas }
    if case .range(_, let max, _) = app.replicas { return max }
    return app.replicas.minimum
  }

  /// All that mount a claim of one node run on that node.
  private func affinity(_ workload: Workload) -> DocumentValue? {
    guard let name = workload.app, let app = plan.app(named: name),
      app.spec.volumes.contains(where: { $0.isForManyNodes?.value != true })
    else { return nil }
    return [
      "podAffinity": [
        "requiredDuringSchedulingIgnoredDuringExecution": [
          [
            "topologyKey": "kubernetes.io/hostname",
            "labelSelector": [
              "matchLabels": [
                "app.kubernetes.io/instance": .string(plan.customer), Self.appLabel: .string(name),
              ]
            ],
          ]
        ]
      ]
    ]
  }

  // MARK: Rights

  /// Nil where only the image knows it.
  func accountNumber(_ workload: Workload) -> Int? {
    guard case .own(let user) = workload.account else { return nil }
    let base = workload.app.flatMap { plan.app(named: $0)?.runtime.base } ?? plan.base
    // A service's account is made by its package.
    return workload.kind == .service ? nil : SystemAccounts.number(of: user, base.family)
  }

  private func podSecurity(_ workload: Workload) -> DocumentMap {
    var security: DocumentMap = [:]
    if let number = accountNumber(workload) {
      security["runAsNonRoot"] = true
      security["runAsUser"] = .integer(number)
      security["runAsGroup"] = .integer(number)
      if !workload.volumes.isEmpty, rootOwner(workload) == nil {
        security["fsGroup"] = .integer(number)
        security["fsGroupChangePolicy"] = "OnRootMismatch"
      }
    }
    security["seccompProfile"] = ["type": "RuntimeDefault"]
    return security
  }

  private func security(adding capabilities: [String]) -> DocumentMap {
    var own: DocumentMap = ["drop": ["ALL"]]
    if !capabilities.isEmpty { own["add"] = .strings(capabilities) }
    return ["allowPrivilegeEscalation": false, "capabilities": .map(own)]
  }

  private func capabilities(_ workload: Workload) -> [String] {
    // As root it needs what the same container has in Compose; as another account it would get none of it.
    if case .own = workload.account { return [] }
    return ContainerCapabilities.of(workload.account)
  }

  /// A new claim belongs to root: a container that begins as root gives it to the account. Nil where nothing in the pod
  /// begins as root, or the image does it by itself.
  func rootOwner(_ workload: Workload) -> DocumentMap? {
    guard !workload.volumes.isEmpty else { return nil }
    let script: String
    var words: [String]
    if workload.kind == .service {
      guard case .own(let user) = workload.account,
        let service = plan.services.first(where: { $0.name == workload.name })
      else { return nil }
      script = "chmod 0700 \"$2\" && chown \"$1\" \"$2\""
      words = ["\(user):\(service.definition.group)"] + workload.volumes.map(\.path)
    } else {
      guard let name = workload.app, let app = plan.app(named: name), app.spec.command == nil else { return nil }
      script = "while [ $# -gt 0 ]; do chown \"$1\" \"$2\"; shift 2; done"
      words = app.volumes.flatMap { ["\($0.owner):\($0.owner)", $0.path] }
    }
    words = ["/bin/sh", "-euc", script, "owner"] + words
    var security = security(adding: ["CHOWN", "FOWNER"])
    security["runAsNonRoot"] = false
    security["runAsUser"] = 0
    return [
      "name": "volume-owner", "image": .string(image(workload)), "imagePullPolicy": "IfNotPresent",
      "command": .strings(words.map(KubernetesText.literal)), "securityContext": .map(security),
      "resources": .map(resources(nil)), "volumeMounts": .list(mounts(workload, withSecrets: false)),
    ]
  }

  // MARK: The container

  private func container(_ workload: Workload, _ restart: String?) -> DocumentMap {
    var container: DocumentMap = [
      "name": .string(workload.name), "image": .string(image(workload)), "imagePullPolicy": "IfNotPresent",
    ]
    if let command = program(workload) {
      // Before it, the image's entry point: it reads secrets that are variables.
      container["args"] = .strings(command.map(KubernetesText.literal))
    }
    let app = workload.app.flatMap { plan.app(named: $0) }
    if let app {
      if let name = Self.valuesName(of: app) { container["envFrom"] = [["configMapRef": ["name": .string(name)]]] }
    } else if !workload.environment.isEmpty {
      container["env"] = .list(
        workload.environment.map {
          ["name": .string($0.name), "value": .string(KubernetesText.literal($0.value))]
        })
    }
    if let port = workload.port {
      container["ports"] = [
        ["name": .string(Self.portName(workload)), "containerPort": .integer(port), "protocol": "TCP"]
      ]
    }
    if restart == nil {
      for (key, value) in probes(workload).pairs { container[key] = value }
      if let stop = lifecycle(workload, app) {
        container["lifecycle"] = ["preStop": ["exec": ["command": .strings(stop)]]]
      }
    }
    container["resources"] = .map(resources(workload.limits, isScaled: app.map { isScaled(workload, $0) } ?? false))
    container["securityContext"] = .map(security(adding: capabilities(workload)))
    let mounts = mounts(workload, withSecrets: true)
    if !mounts.isEmpty { container["volumeMounts"] = .list(mounts) }
    return container
  }

  private func isScaled(_ workload: Workload, _ app: AppPlan) -> Bool {
    guard workload.kind == .app, case .range = app.replicas else { return false }
    return true
  }

  /// What it runs instead of the image's own; a job's own command, where Compose has a scheduler.
  private func program(_ workload: Workload) -> [String]? {
    guard case .schedule = workload.kind, let app = workload.app.flatMap({ plan.app(named: $0) }) else {
      return workload.command
    }
    return app.spec.jobs.first { EnvironmentPlan.workload($0.name.value, of: app.name) == workload.name }?.command.value
  }

  /// New pods get requests and old ones none before they are asked to end; a worker is asked by the signal that it knows.
  private func lifecycle(_ workload: Workload, _ app: AppPlan?) -> [String]? {
    switch workload.kind {
    case .app: return workload.port == nil ? nil : ["/bin/sleep", String(Self.farewell)]
    case .worker:
      guard let app, app.stopSignal != ContainerProcess.usualStopSignal else { return nil }
      // The image's signal is its web server's, and the kubelet sends no other.
      return ["/bin/sh", "-c", "kill -TERM 1; sleep \(Self.grace)"]
    case .service, .migration, .schedule, .test, .helper: return nil
    }
  }

  /// What is asked for, and what may be used: a quarter of the processors, so that nodes can be filled, and all of the
  /// memory, which cannot be taken back; all of both where an autoscaler reckons by it.
  private func resources(_ limits: EnvironmentSpec.Limits?, isScaled: Bool = false) -> DocumentMap {
    var requests: DocumentMap = [:]
    requests["cpu"] = .string(limits?.cpus.map { Quantity.cpus(max(0.01, isScaled ? $0 : $0 / 4)) } ?? "10m")
    requests["memory"] = .string(limits?.memory.map { Quantity.memory($0.value) } ?? "32Mi")
    var map: DocumentMap = ["requests": .map(requests)]
    var most: DocumentMap = [:]
    if let cpus = limits?.cpus { most["cpu"] = .string(Quantity.cpus(cpus)) }
    if let memory = limits?.memory { most["memory"] = .string(Quantity.memory(memory.value)) }
    if !most.isEmpty { map["limits"] = .map(most) }
    return map
  }

  // MARK: Volumes

  private func mounts(_ workload: Workload, withSecrets: Bool) -> [DocumentValue] {
    var mounts = workload.volumes.map { volume -> DocumentValue in
      // A file system of its own has a folder in it that databases stumble over.
      workload.kind == .service
        ? ["name": .string(Self.dataVolume), "mountPath": .string(volume.path), "subPath": .string(Self.dataVolume)]
        : ["name": .string(volume.name), "mountPath": .string(volume.path)]
    }
    guard withSecrets, !workload.secrets.isEmpty else { return mounts }
    mounts.append(["name": "secrets", "mountPath": .string(SecretUse.folder), "readOnly": true])
    for (index, vault) in vaultNames(workload).enumerated() {
      mounts.append(["name": .string(Self.vaultVolume(index)), "mountPath": .string("/mnt/\(vault)"), "readOnly": true])
    }
    return mounts
  }

  /// Of a pod: those of the spec have the app's name in front.
  private static func vaultVolume(_ index: Int) -> String { "vault\(index + 1)" }

  private func volumes(_ workload: Workload) -> [DocumentValue] {
    var volumes: [DocumentValue] =
      workload.kind == .service
      ? []
      : workload.volumes.map { volume in
        ["name": .string(volume.name), "persistentVolumeClaim": ["claimName": .string(volume.name)]]
      }
    guard !workload.secrets.isEmpty else { return volumes }
    let names = secretNames(workload)
    // Whatever account reads them: nobody else is in the pod. 0444.
    let mode: DocumentValue = 292
    if names.count == 1 {
      volumes.append(["name": "secrets", "secret": ["secretName": .string(names[0]), "defaultMode": mode]])
    } else {
      volumes.append([
        "name": "secrets",
        "projected": [
          "defaultMode": mode, "sources": .list(names.map { ["secret": ["name": .string($0)]] }),
        ],
      ])
    }
    for (index, vault) in vaultNames(workload).enumerated() {
      volumes.append([
        "name": .string(Self.vaultVolume(index)),
        "csi": [
          "driver": "secrets-store.csi.k8s.io", "readOnly": true,
          "volumeAttributes": ["secretProviderClass": .string(vault)],
        ],
      ])
    }
    return volumes
  }
}
