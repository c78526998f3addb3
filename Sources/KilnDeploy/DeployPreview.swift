import KilnArtifacts
import KilnConsole
import KilnDocuments
import KilnKubernetes
import KilnProcesses

/// What a deployment would change, and what that costs.
package struct DeployPreview: Sendable {
  let preview: ReleasePreview
  /// As a diff of what the server has and would make of it; Secrets are not in it.
  let differences: String

  package var isEmpty: Bool { preview.isEmpty }

  package var text: String {
    guard !isEmpty else { return "nothing would change\n" }
    let costs =
      preview.restarts.map { "would start the pods of \($0) anew" } + preview.jobs.map { "would run \($0)" }
    return differences + (preview.lines + costs).map { $0 + "\n" }.joined()
  }
}

extension Deployer {
  /// Asks the server what it would make of a plan's objects; changes nothing.
  package func differences(_ plan: ReleasePlan) async throws -> String {
    let kubectl = Kubectl(context: plan.context, namespace: plan.namespace, context.processes)
    let objects = plan.objects + plan.jobs
    return try await naming(kubectl) {
      let survey = try await ClusterSurvey.look(kubectl, for: objects).completed(kubectl, for: objects)
      guard survey.namespace != nil else { return "" }
      let secrets = try SecretValues(plan, in: context.environment)
      let wanted = try desired(plan, secrets, survey).objects
      let merged: [DocumentValue]
      do {
        merged = try await kubectl.objects(
          "compare with the cluster", Applying.arguments + ["--dry-run=server", "--output", "json"],
          input: Kubectl.list(wanted))
      } catch let failure as KubectlFailure {
        throw DryRun.error(failure, wanted, survey.live).masked(secrets.mask(survey.live))
      }
      return secrets.mask(survey.live).masked(differences(merged, survey.live))
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
}

extension DeployRun {
  package func preview(_ one: Prepared) async throws -> DeployPreview {
    let deployer = Deployer(context, one.options) { _ in }
    let preview = try await deployer.preview(one.plan)
    return DeployPreview(
      preview: preview, differences: preview.isEmpty ? "" : try await deployer.differences(one.plan))
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
