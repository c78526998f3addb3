import KilnDiagnostics
import KilnDocuments
import KilnSpec

/// What Kubernetes would refuse, or nothing would come of.
struct KubernetesRules {
  let spec: EnvironmentSpec
  let clusters: [Cluster]
  let plan: EnvironmentPlan

  /// Source: "Names of objects"; a CronJob's jobs get eleven characters more, a release's jobs a number.
  private static let cronJobName = 52
  private static let jobName = 56
  private static let namespaceName = 63

  func problems() -> [Diagnostic] {
    guard let kubernetes = spec.kubernetes else { return idleProblems() }
    return clusterProblems(kubernetes) + namespaceProblems() + lengthProblems() + domainProblems()
      + replicaProblems()
      + vaultProblems()
      + spec.apps.flatMap(nameProblems) + sizeProblems() + plan.apps.flatMap(accountProblems)
  }

  private func idle(_ what: String, at location: SourceLocation) -> Diagnostic {
    Diagnostic(
      "spec.no-effect", "\(what) has no effect: the environment runs in no cluster", at: location,
      suggestion: "describe it under `deploy: {kubernetes: {…}}`, or remove this")
  }

  /// Keys that only a cluster knows.
  private func idleProblems() -> [Diagnostic] {
    var found: [Diagnostic] = []
    for app in spec.apps {
      if let replicas = app.replicas { found.append(idle("`replicas`", at: replicas.location)) }
      found += app.volumes.compactMap { $0.isForManyNodes.map { idle("`access`", at: $0.location) } }
    }
    for stage in spec.stages {
      if let place = stage.cluster ?? stage.namespace { found.append(idle("`kubernetes`", at: place.location)) }
      found += stage.apps.compactMap { $0.replicas.map { idle("`replicas`", at: $0.location) } }
    }
    return found
  }

  private func clusterProblems(_ kubernetes: EnvironmentSpec.Kubernetes) -> [Diagnostic] {
    let known = clusters.map(\.name.value)
    var found = ([kubernetes.cluster] + spec.stages.map(\.cluster)).compactMap { $0 }.filter {
      !known.contains($0.value)
    }
    .map { name in
      Diagnostic(
        "spec.unknown-cluster", "kiln.yaml has no cluster \"\(name.value)\"", at: name.location,
        suggestion: nearest(to: name.value, among: known).map { "did you mean \"\($0)\"?" }
          ?? (known.isEmpty
            ? "describe it there: clusters: {\(name.value): {context: …}}" : "there are: \(Phrase.list(known))"))
    }
    let isOpen = spec.stages.isEmpty ? kubernetes.cluster == nil : spec.stages.contains { $0.cluster == nil }
    if clusters.count > 1, kubernetes.cluster == nil, isOpen {
      found.append(
        Diagnostic(
          "spec.unknown-cluster", "kiln.yaml has several clusters, and nothing says which one it is",
          at: kubernetes.location, suggestion: "cluster: \(Phrase.alternatives(known))"))
    }
    return found
  }

  private func namespaceProblems() -> [Diagnostic] {
    var taken: [String: String] = [:]
    return plan.deployments.compactMap { one in
      let key = "\(one.cluster?.name.value ?? "") \(one.namespace)"
      guard let stage = one.stage, let other = taken.updateValue(stage, forKey: key) else { return nil }
      let place = spec.stages.first { $0.name.value == stage }
      return Diagnostic(
        "spec.duplicate-namespace", "the stages \(other) and \(stage) are both in the namespace \(one.namespace)",
        at: (place?.namespace ?? place?.name)?.location ?? SourceLocation(file: spec.file),
        suggestion: "give one its own: kubernetes: {namespace: \(spec.customer.value)-\(stage)}")
    }
  }

  /// Namespaces that nobody has named.
  private func lengthProblems() -> [Diagnostic] {
    spec.stages.map { spec.namespace(of: $0) }.filter { $0.value.utf8.count > Self.namespaceName }.map { name in
      Diagnostic(
        "name.kubernetes", "Kubernetes refuses \"\(name.value)\" as a namespace", at: name.location,
        suggestion: "name one of at most \(Self.namespaceName) characters: kubernetes: {namespace: …}")
    }
  }

  /// A domain leads to one stage of a cluster.
  private func domainProblems() -> [Diagnostic] {
    var taken: [String: String] = [:]
    return zip(spec.stages, plan.deployments).flatMap { stage, deployment in
      spec.apps.flatMap { app in
        (stage.apps.first { $0.app.value == app.name.value }?.domains ?? app.domains).compactMap { domain in
          let key = "\(deployment.cluster?.name.value ?? "") \(domain.value)"
          guard let other = taken.updateValue(stage.name.value, forKey: key), other != stage.name.value else {
            return nil
          }
          return Diagnostic(
            "spec.duplicate-domain",
            "\"\(domain.value)\" leads to the stages \(other) and \(stage.name.value) of one cluster",
            at: stage.name.location,
            suggestion:
              "give \(other) its own: apps: {\(app.name.value): {domains: [\(other).\(domain.value)]}}",
            notes: [.init("the domain", at: domain.location)])
        }
      }
    }
  }

  private func replicaProblems() -> [Diagnostic] {
    let all = spec.apps.map(\.replicas) + spec.stages.flatMap(\.apps).map(\.replicas)
    return all.compactMap { replicas in
      guard let replicas, case .range(let min, let max, _) = replicas.value, min >= max else { return nil }
      return Diagnostic(
        "spec.invalid-value", "min must be less than max", at: replicas.location,
        suggestion: "as in {min: 2, max: 10}; a number is enough where it never changes")
    }
  }

  /// Secrets of key vaults that no cluster can read.
  private func vaultProblems() -> [Diagnostic] {
    guard let cluster = plan.deployments.compactMap(\.cluster).first(where: { $0.keyVault == nil }) else { return [] }
    let read = Set(spec.apps.flatMap { spec.secrets(of: $0) } + spec.services.compactMap { $0.password?.value })
    return spec.secrets.compactMap { secret in
      guard case .keyVault = secret.source, read.contains(secret.name.value) else { return nil }
      return Diagnostic(
        "spec.cluster-vault", "the cluster \(cluster.name.value) reads no key vaults", at: secret.name.location,
        suggestion: "say how, in kiln.yaml: clusters: {\(cluster.name.value): {keyVault: {tenant: …, identity: …}}}")
    }
  }

  private func nameProblems(_ app: EnvironmentSpec.App) -> [Diagnostic] {
    app.jobs.compactMap { job in
      let name = EnvironmentPlan.workload(job.name.value, of: app.name.value)
      let limit = job.schedule == nil ? Self.jobName : Self.cronJobName
      guard name.utf8.count > limit else { return nil }
      return Diagnostic(
        "name.kubernetes", "Kubernetes refuses \"\(name)\" as the name of a job", at: job.name.location,
        suggestion: "the names of app and job have at most \(limit - 1) characters together")
    }
  }

  /// A claim has a size.
  private func sizeProblems() -> [Diagnostic] {
    let services = plan.services.filter { $0.definition.data != nil && $0.storage == nil }.map { service in
      (name: service.name, location: service.origin)
    }
    let volumes = spec.apps.flatMap(\.volumes).filter { $0.storage == nil }.map { ($0.name.value, $0.name.location) }
    return (services + volumes).map { name, location in
      Diagnostic(
        "spec.missing-key", "a claim in a cluster has a size, and \(name) says none", at: location,
        suggestion: "as in `storage: 10Gi`")
    }
  }

  /// Accounts that only an image knows the number of.
  private func accountProblems(_ app: AppPlan) -> [Diagnostic] {
    let runs = app.spec.command != nil || !app.spec.workers.isEmpty || !app.spec.jobs.isEmpty
    let user = app.spec.user
    guard runs, SystemAccounts.number(of: user.value, app.runtime.base.family) == nil else { return [] }
    return [
      Diagnostic(
        "spec.cluster-account", "Kubernetes runs accounts by number, and \"\(user.value)\" may have any",
        at: user.location,
        suggestion: "one that every image has alike, as in www-data or nobody")
    ]
  }
}
