public import KilnArtifacts
public import KilnSpec

/// Where an environment, or a stage of it, runs in Kubernetes.
public struct KubernetesPlan: Sendable, Hashable {
  /// Nil for an environment without stages.
  public let stage: String?
  /// Nil where `kiln.yaml` has none: manifests are generated, and nothing can be deployed.
  public let cluster: Cluster?
  public let namespace: String
  /// The environment's own over the cluster's.
  public let settings: ClusterSettings

  /// The folder of its overlay, and how it is called where there are no stages.
  public static let onlyName = "default"
  public var name: String { stage ?? Self.onlyName }
}

extension EnvironmentPlan {
  /// One for each stage, or one; none where the environment runs in no cluster.
  public var deployments: [KubernetesPlan] {
    guard let kubernetes = spec.kubernetes else { return [] }
    func plan(_ stage: EnvironmentSpec.Stage?) -> KubernetesPlan {
      let name = (stage?.cluster ?? kubernetes.cluster)?.value
      let cluster =
        name.map { name in clusters.first { $0.name.value == name } } ?? (clusters.count == 1 ? clusters[0] : nil)
      return KubernetesPlan(
        stage: stage?.name.value, cluster: cluster,
        namespace: spec.namespace(of: stage).value,
        settings: kubernetes.settings.over(cluster?.settings))
    }
    return spec.stages.isEmpty ? [plan(nil)] : spec.stages.map(plan)
  }

  /// Nil where there is no such stage, or the environment runs in no cluster.
  public func deployment(at stage: String?) -> KubernetesPlan? { deployments.first { $0.stage == stage } }
}

extension EnvironmentPlan {
  /// Of a stage: without what the spec says of others.
  public func settings(at stage: String?) -> [SpecSetting] {
    let stages = SpecPath(keys: "stages")
    let own = stage.map { SpecPath(keys: "stages", $0) }
    return spec.sortedSettings.filter { setting in
      !setting.path.hasPrefix(stages) || own.map { setting.path.hasPrefix($0) } ?? false
    }
  }

  public func specDigest(at stage: String?) -> ContentDigest {
    var digest = PlanDigest("spec")
    for setting in settings(at: stage) { digest.add(setting) }
    return digest.digest
  }
}

/// Accounts whose numbers every image of a family has alike. Kubernetes runs accounts by their numbers.
public enum SystemAccounts {
  /// Debian's and Ubuntu's: base-passwd's passwd.master.
  private static let debian = [
    "root": 0, "daemon": 1, "bin": 2, "sys": 3, "games": 5, "man": 6, "lp": 7, "mail": 8, "news": 9, "uucp": 10,
    "proxy": 13, "www-data": 33, "backup": 34, "list": 38, "irc": 39, "nobody": 65534,
  ]

  /// Nil where an image may give it any. The group has the same number.
  public static func number(of account: String, _ family: PackageFamily) -> Int? { debian[account] }
  public static func names(_ family: PackageFamily) -> [String] { debian.keys.filter { $0 != "root" }.sorted() }
}
