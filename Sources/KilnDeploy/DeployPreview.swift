import KilnArtifacts
import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnKubernetes
import KilnProcesses

/// What a deployment would change, and what that costs.
package struct DeployPreview: Sendable {
  /// As `kubectl diff` prints it; Secrets are not in it.
  let differences: String
  /// Objects that are made, removed, workloads whose pods start anew: a line each.
  let lines: [String]

  package var isEmpty: Bool { differences.isEmpty && lines.isEmpty }

  package var text: String { isEmpty ? "nothing would change\n" : differences + lines.map { $0 + "\n" }.joined() }
}

extension Deployer {
  /// Asks the server what a plan would change; changes nothing.
  package func preview(_ plan: ReleasePlan) async throws -> DeployPreview {
    let kubectl = Kubectl(context: plan.context, namespace: plan.namespace, context.processes)
    return try await naming(kubectl) {
      let objects = plan.objects + plan.jobs
      let survey = try await ClusterSurvey.look(kubectl, for: objects).completed(kubectl, for: objects)
      try survey.checkNamespace(kubectl, customer: plan.customer, stage: plan.stage, adopt: options.adopt)
      let secrets = try SecretValues(plan, in: context.environment)
      let last = survey.releases.lastGood
      let desired = try desired(plan, secrets, survey)
      let content = ReleaseContent(plan, origin: options.origin)
      if desired.isDeployed(content, survey) { return DeployPreview(differences: "", lines: []) }
      guard survey.namespace != nil else {
        return DeployPreview(
          differences: "",
          lines: ["would make namespace \(plan.namespace)"] + desired.objects.map { "would make \($0.id)" }
            + desired.jobs.map { "would run \($0.name)" })
      }
      let merged = try await kubectl.objects(
        "compare with the cluster", Applying.arguments + ["--dry-run=server", "--output", "json"],
        input: Kubectl.list(desired.objects))
      return DeployPreview(
        differences: secrets.mask.masked(differences(merged, survey.live)), lines: lines(desired, survey, last))
    }
  }

  /// What the server would make of each object that it has already.
  private func differences(_ merged: [DocumentValue], _ live: LiveObjects) -> String {
    let renderer = YAMLRenderer(documentStart: false)
    return merged.compactMap { document -> String? in
      guard let object = KubernetesObject(document: document.members), let now = live[object.id] else { return nil }
      let texts = [now, document].map { Array(renderer.render(.map($0.members.own)).utf8) }
      guard texts[0] != texts[1] else { return nil }
      return LineDiff.unified(path: object.id.description, old: texts[0], new: texts[1])
        .split(separator: "\n", omittingEmptySubsequences: false).map { Relayed.safe(String($0)) }
        .joined(separator: "\n")
    }.joined()
  }

  private func lines(_ desired: DesiredRelease, _ survey: ClusterSurvey, _ last: StoredRelease?) -> [String] {
    var lines: [String] = []
    for object in desired.objects where survey.live[object.id] == nil { lines.append("would make \(object.id)") }
    for object in desired.objects {
      guard ["Deployment", "StatefulSet"].contains(object.kind), let live = survey.live[object.id],
        let template = object.document["spec"]?["template"], let now = live["spec"]?["template"]
      else { continue }
      if !ObjectComparison.differences(template, now).isEmpty {
        lines.append("would start the pods of \(object.name) anew")
      }
    }
    lines += desired.newSecrets.map { "would make \($0.id), whose values are not shown" }
    let done = last?.record.jobs ?? [:]
    lines += desired.jobs.filter { done[$0.name] != $0.digest }.map { "would run \($0.name)" }
    let wanted = Set(desired.objects.map(\.id))
    let gone = (last?.objects ?? []).map(\.id).filter {
      !wanted.contains($0) && survey.live[$0] != nil && $0.kind != "PersistentVolumeClaim" && $0.kind != "Job"
    }
    return lines + gone.map { "would remove \($0)" }
  }
}

extension DeployRun {
  package func preview(_ one: Prepared) async throws -> DeployPreview {
    try await Deployer(context, one.options) { _ in }.preview(one.plan)
  }
}

extension DocumentMap {
  /// Without what the server keeps for itself, keys sorted.
  fileprivate var own: DocumentMap {
    var map = sortedByKey
    map["status"] = nil
    guard case .map(var metadata)? = map["metadata"] else { return map }
    for key in ["managedFields", "generation", "resourceVersion", "uid", "creationTimestamp", "selfLink"] {
      metadata[key] = nil
    }
    map["metadata"] = .map(metadata)
    return map.deeplySorted
  }

  private var deeplySorted: DocumentMap {
    DocumentMap(sortedByKey.pairs.map { ($0.0, Self.sorted($0.1)) })
  }

  private static func sorted(_ value: DocumentValue) -> DocumentValue {
    switch value {
    case .map(let map): .map(map.deeplySorted)
    case .list(let items): .list(items.map(sorted))
    default: value
    }
  }
}
