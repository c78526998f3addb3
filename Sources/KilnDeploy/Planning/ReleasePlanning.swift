import KilnArtifacts
package import KilnConsole
import KilnContext
import KilnDiagnostics
import KilnDocuments
import KilnEngine
import KilnGeneration
import KilnKubernetes
package import KilnPlan
import KilnProcesses
package import KilnSpec
package import KilnWorkspace
import SystemPackage

/// Makes a release's plan of a customer's spec: which images, and what of them runs where.
package struct ReleasePlanning: Sendable {
  let loaded: LoadedWorkspace
  /// At the stage.
  package let plan: EnvironmentPlan
  package let deployment: KubernetesPlan
  package let cluster: Cluster
  let context: CommandContext
  /// The release whose images are taken; nil for those of the spec.
  package var taken: ReleaseRecord?

  /// - Throws: `deploy.target`, `input.stage`, `deploy.cluster` where the spec names no place.
  package init(_ loaded: LoadedWorkspace, _ plan: EnvironmentPlan, stage: String?, _ context: CommandContext) throws {
    self.loaded = loaded
    self.context = context
    self.plan = try stage.map { try plan.stage(named: $0) } ?? plan
    let stages = plan.spec.stages.map(\.name.value)
    guard plan.spec.kubernetes != nil else {
      throw CommandError(
        "deploy.target", "\(plan.customer) runs in no cluster", help: "describe it: deploy: {kubernetes: {cluster: …}}")
    }
    guard let deployment = plan.deployment(at: stage) else {
      throw CommandError(
        "input.stage", "\(plan.customer) has stages: say which", help: "--stage \(stages.joined(separator: "|"))")
    }
    self.deployment = deployment
    guard let cluster = deployment.cluster else {
      throw CommandError(
        "deploy.cluster", "kiln.yaml names no cluster for \(plan.customer)",
        help: "describe it there: clusters: {production: {context: …}}; the context is the kubeconfig's")
    }
    self.cluster = cluster
  }

  /// As in `acme in qa`.
  package var title: String { deployment.stage.map { "\(plan.customer) in \($0)" } ?? plan.customer }

  // MARK: Images

  /// What runs, by the name of its app or service, with the tags of what their contexts are now.
  package func references() throws -> [String: ImageReference] {
    var references: [String: ImageReference] = [:]
    let contexts = WorkspaceLayout(loaded.workspace.root).contexts
    for image in try loaded.images(of: plan) where !image.isRuntime {
      if let tag = image.tag {
        references[image.name] = image.repository.tagged(tag)
        continue
      }
      let staged = try withExcerpts(image.sources) {
        try ContextStage(contexts.pushing(FilePath(image.archive)), below: loaded.workspace.root).update(
          image.source, check: { try Interruption.check() })
      }
      references[image.name] = image.reference(staged)
    }
    return references
  }

  /// Those of `references` with their digests in the registry. What some release has is known; the rest is built where it
  /// is missing, and pushed; for a preview it has no digest yet.
  package func images(
    _ references: [String: ImageReference], known releases: [ReleaseRecord], isBuilding: Bool, isQuiet: Bool,
    isPreview: Bool = false
  ) async throws -> [String: String] {
    var digests: [String: String] = [:]
    for release in releases {
      for image in release.images.values {
        let parts = image.split(separator: "@", maxSplits: 1).map(String.init)
        if parts.count == 2 { digests[parts[0]] = parts[1] }
      }
    }
    var images: [String: String] = [:]
    for (name, reference) in references {
      if let digest = digests[reference.description] { images[name] = "\(reference)@\(digest)" }
    }
    let missing = references.keys.filter { images[$0] == nil }
    guard !missing.isEmpty else { return images }
    if isPreview {
      for name in missing { images[name] = references[name]?.description }
      return images
    }
    let engine = try await ContainerEngine.found(by: context.processes)
    try await engine.check()
    var build = EnvironmentBuild(
      engine: engine, root: loaded.workspace.root, time: try context.sourceDate(), isPushing: true, isForced: false,
      isQuiet: isQuiet, isMissingOnly: !isBuilding, context: context)
    build.showsPushes = false
    let all = try loaded.images(of: plan)
    let built = try await build.build(
      all.filter { missing.contains($0.name) }, of: plan, known: [], on: all.filter(\.isRuntime))
    for image in built where !image.isRuntime {
      guard let digest = image.digest else {
        throw CommandError(
          "deploy.digest", "the registry does not say the digest of \(image.image)",
          help: "push it with docker or podman: a release names its images by their digests")
      }
      images[image.name] = "\(image.image)@\(digest)"
    }
    return images
  }

  /// Where the cluster pulls an image from.
  private func pulled(_ image: String) -> String {
    guard let mirror = cluster.registry, let registry = plan.registry, image.hasPrefix(registry + "/") else {
      return image
    }
    return mirror + image.dropFirst(registry.count)
  }

  // MARK: The plan

  /// - Parameter images: By the name of the app or service: `REPOSITORY:TAG@DIGEST`.
  package func release(_ images: [String: String]) async -> ReleasePlan {
    let head = await sources.head()
    let lowering = KubernetesLowering(
      plan, deployment, provenance: .init(commit: head?.commit, author: head?.author),
      image: { workload in
        pulled(images[workload.app ?? workload.name] ?? "")
      })
    return ReleasePlan(
      customer: plan.customer, stage: deployment.stage, cluster: cluster.name.value, context: cluster.context,
      namespace: deployment.namespace, objects: [lowering.namespace].compactMap { $0 } + lowering.objects,
      jobs: lowering.jobs,
      secrets: lowering.filledSecrets.map { secret in
        .init(name: secret.name, entries: secret.uses.map { .init(key: $0.file, variable: $0.variable) })
      }, images: images, pages: pages, specDigest: plan.specDigest(at: deployment.stage).description,
      commit: head?.commit,
      author: head?.author,
      settings: plan.settings(at: deployment.stage).map { "\($0.path) = \($0.value.text)" })
  }

  /// What apps must answer: `health`, and all `checks`.
  package var pages: [ReleasePlan.Page] {
    plan.apps.flatMap { app -> [ReleasePlan.Page] in
      guard let port = app.spec.port?.value else { return [] }
      let health = app.spec.health.map {
        [ReleasePlan.Page(app: app.name, port: port, path: $0.value, status: 200, content: nil)]
      }
      return (health ?? [])
        + app.spec.checks.map {
          .init(app: app.name, port: port, path: $0.path, status: $0.status, content: $0.content)
        }
    }
  }

  /// What it is made of.
  var sources: ReleaseSources {
    let own = ReleaseSources(loaded, plan, context)
    return taken.map(own.at) ?? own
  }
}

extension BuiltImage {
  fileprivate var isRuntime: Bool { name == EnvironmentPlan.runtimeName }
}
