import KilnDiagnostics
import KilnDocuments
import KilnKubernetes

/// Asks the cluster what it would say to objects, without changing anything.
struct DryRun {
  let kubectl: Kubectl
  let live: LiveObjects

  enum Depth {
    /// Fields and their types alone, in whatever namespace.
    case schema
    /// All that the cluster would say.
    case server
  }

  /// - Throws: `deploy.immutable`, `deploy.invalid`, `deploy.quota`, `deploy.forbidden` and the like, for all objects at once.
  func run(_ objects: [KubernetesObject], _ depth: Depth) async throws {
    let arguments =
      depth == .server ? Applying.arguments + ["--dry-run=server"] : ["create", "--dry-run=client", "--filename", "-"]
    do {
      try await kubectl.output(
        "apply the release", arguments + ["--output", "name"], input: Kubectl.list(objects))
    } catch let failure as KubectlFailure { throw Self.error(failure, objects, live) }
  }

  /// The failure of an apply, with what to do where a field cannot be changed.
  static func error(_ failure: KubectlFailure, _ objects: [KubernetesObject], _ live: LiveObjects) -> CommandError {
    let messages = messages(in: failure.answer)
    let fixed = objects.filter { object in
      messages.contains { isAbout(object, $0) && isImmutable($0) }
    }
    guard !fixed.isEmpty else { return failure.commandError }
    let problems = fixed.map { object -> Diagnostic in
      let fields = live[object.id].map { changedFields(object, $0) } ?? []
      let what = fields.isEmpty ? "what cannot be changed" : Phrase.list(fields)
      let isClaim = fields.contains { $0.hasPrefix("spec.volumeClaimTemplates") }
      return Diagnostic(
        "deploy.immutable", "\(object.id) in namespace \(failure.namespace) cannot be changed in place: \(what)",
        details: messages.filter { isAbout(object, $0) }.flatMap { KubectlFailure.lines($0, 4) },
        suggestion: advice(object, failure, isClaim: isClaim))
    }
    return CommandError(problems, kind: .problem)
  }

  /// A message begins a line; what is indented or begins with `*` goes on with it.
  private static func messages(in answer: String) -> [String] {
    var messages: [String] = []
    for line in answer.split(separator: "\n") {
      if let last = messages.indices.last, line.hasPrefix("*") || line.hasPrefix(" ") {
        messages[last] += "\n\(line)"
      } else {
        messages.append(String(line))
      }
    }
    return messages
  }

  private static func isAbout(_ object: KubernetesObject, _ message: String) -> Bool {
    message.contains("\(object.kind) \"\(object.name)\"")
      || message.contains("\(object.kind).\(object.group) \"\(object.name)\"")
  }

  private static func isImmutable(_ message: String) -> Bool {
    [
      "immutable", "updates to statefulset spec", "can be resized", "can not be less than previous value",
      "may not change once set",
    ]
    .contains { message.contains($0) }
  }

  private static func changedFields(_ object: KubernetesObject, _ live: DocumentValue) -> [String] {
    let free: [String: [String]] = [
      "StatefulSet": ["spec.replicas", "spec.template", "spec.updateStrategy", "metadata"],
      "Deployment": ["spec.replicas", "spec.template", "spec.strategy", "metadata", "spec.minReadySeconds"],
    ]
    let others = free[object.kind] ?? ["metadata"]
    return ObjectComparison.differences(.map(object.document), live).filter { path in
      path != "apiVersion" && !others.contains { path.hasPrefix($0) }
    }
  }

  private static func advice(_ object: KubernetesObject, _ failure: KubectlFailure, isClaim: Bool) -> String {
    let place = "kubectl --context \(failure.context) --namespace \(failure.namespace)"
    let command = "\(place) delete \(object.kind.lowercased()) \(object.name)"
    switch object.kind {
    case "StatefulSet" where isClaim:
      return
        "a claim keeps its size: where its storage class lets it grow, change it by `\(place) edit pvc data-\(object.name)-0`, then `\(command) --cascade=orphan` and deploy again; no claim shrinks"
    case "StatefulSet":
      return "`\(command) --cascade=orphan`, then deploy again: pods and claims stay and are taken over"
    case "PersistentVolumeClaim":
      return
        "leave the claim as it is: it grows only where its storage class lets it, and never shrinks; another one needs another name, and its data moved"
    case "ConfigMap", "Secret", "Job":
      return "`\(command)`, then deploy again: the record of the release that made it is gone"
    default: return "`\(command)`, then deploy again: it does not run between the two"
    }
  }
}

/// How objects are applied.
enum Applying {
  static let arguments = [
    "apply", "--server-side", "--field-manager=kiln", "--force-conflicts", "--filename", "-",
  ]

  /// Objects with the replicas that an autoscaler has given their workloads: a manager that no longer names a field
  /// which is its own resets it, here to 1.
  static func keepingScale(_ objects: [KubernetesObject], _ all: [KubernetesObject], _ live: LiveObjects)
    -> [KubernetesObject]
  {
    let targets = all.filter { $0.kind == "HorizontalPodAutoscaler" }.compactMap {
      $0.document["spec"]?["scaleTargetRef"]
    }
    return objects.map { object in
      let isScaled = targets.contains { $0["kind"] == .string(object.kind) && $0["name"] == .string(object.name) }
      guard isScaled, let spec = object.document["spec"]?.members, spec["replicas"] == nil,
        let replicas = live[object.id]?["spec"]?["replicas"]
      else { return object }
      return KubernetesObject(document: object.document.with("spec", .map(spec.with("replicas", replicas)))) ?? object
    }
  }
}
