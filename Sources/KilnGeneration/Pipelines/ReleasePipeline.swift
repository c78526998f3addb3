public import KilnPlan
public import KilnSpec

/// What a workspace's CI system does from a commit to a deployment, whichever system it is.
///
/// Scripts are POSIX shell and run in the workspace's folder. What changes from run to run reaches them by variables alone:
/// `KILN_SINCE` (the commit to compare with; empty for everything), `KILN_PUBLISH` (`yes` or `no`), `KILN_RUN_URL`,
/// `KILN_APPROVAL` (why a stage may be deployed to), `KILN_ROLLBACK` and `KILN_RELEASE` (what is brought back by hand).
public struct ReleasePipeline: Sendable {
  /// A customer, or a stage of one.
  public struct Target: Sendable, Hashable {
    public let customer: String
    public let stage: String?

    /// As in `acme/qa`.
    public var name: String { ([customer] + [stage].compactMap { $0 }).joined(separator: "/") }
    /// As in `acme_qa`; hyphens come one by one in names, so that no two are alike.
    var id: String {
      ([customer] + [stage].compactMap { $0 }).map { $0.replacing("-", with: "_") }.joined(separator: "__")
    }
    /// As in `acme.qa`: the beginning of its files in `folder`.
    var file: String { ([customer] + [stage].compactMap { $0 }).joined(separator: ".") }
  }

  public struct Step: Sendable, Hashable {
    public let title: String
    public let lines: [String]
    /// Variables that hold secrets, and that this step reads.
    public var secrets: [String] = []
    /// By which another job reads what it finds out.
    public var id: String?

    public var script: String { lines.map { $0 + "\n" }.joined() }

    /// Whether the script reads a variable.
    func reads(_ variable: StaticString) -> Bool { script.contains("$\(variable)") || script.contains("${\(variable)") }
  }

  public struct Job: Sendable, Hashable {
    public enum Kind: Sendable, Hashable { case check, plan, runtimes, build, bake, deploy, rollback }

    public let kind: Kind
    /// The customer, or the stage, that it is for; nil for one of the whole workspace.
    public var target: Target?
    /// Letters, digits and `_`.
    public let id: String
    public let title: String
    /// Ids of jobs that come before.
    public var needs: [String] = []
    /// Whether pull requests have it, too.
    public var isForRequests = false
    /// Whether somebody has to approve before it begins.
    public var needsApproval = false
    public var steps: [Step] = []
    /// Runs after another step failed.
    public var onFailure: Step?
    /// Minutes.
    public var timeout = 60
    /// Whether it starts containers or builds images.
    public var needsEngine = false
    /// Whether it deploys to a cluster.
    var reachesCluster = false

    /// Of all steps.
    public var secrets: [String] {
      var seen: Set<String> = []
      return steps.flatMap(\.secrets).filter { seen.insert($0).inserted }
    }
  }

  /// What jobs leave for people and for each other, in the workspace's folder. No customer is called so.
  public static let folder = "dist/_pipeline"
  /// There: the customers that a change concerns, and what it builds.
  static let customers = "\(folder)/customers"
  static let plan = "\(folder)/plan.md"
  static let junit = "\(folder)/*.xml"
  /// The tests' own reports there.
  static let testReports = "\(folder)/*.tests/**/*.xml"
  static let nothing = "nothing"

  public let system: PipelineSystem
  public let settings: PipelineSettings
  /// What leads from the repository's top to the workspace, as in `deploy/`; empty for the top.
  public let prefix: String
  /// What changes start it, folders from the repository's top; empty for everything.
  public let folders: [String]
  /// In an order in which each comes after what it needs.
  public let jobs: [Job]
  /// What can be brought back by hand.
  public let targets: [Target]
  /// What a customer is made of, by its name, from the repository's top.
  let paths: [String: (files: [String], folders: [String])]

  /// - Parameters:
  ///   - fleet: All environments, by customer.
  ///   - prefix: What leads from the repository's top to the workspace.
  public init(
    of fleet: [EnvironmentPlan], _ settings: PipelineSettings, notify: [NotificationUse], prefix: String,
    for system: PipelineSystem
  ) {
    self.system = system
    self.settings = settings
    self.prefix = prefix
    folders = PipelinePaths(prefix: prefix).folders(of: fleet)
    paths = Dictionary(
      fleet.map { ($0.customer, PipelinePaths(prefix: prefix).paths(of: $0)) }, uniquingKeysWith: { one, _ in one })
    let scripts = PipelineScripts(system: system, settings: settings, notify: notify)
    var jobs = [scripts.check, scripts.plan]
    let hasRegistry = fleet.filter { $0.registry != nil }
    // One customer's runtime is made with its apps.
    if hasRegistry.count > 1 { jobs.append(scripts.runtimes) }
    var targets: [Target] = []
    for plan in fleet {
      let build = scripts.build(plan, after: jobs.filter { $0.target == nil }.map(\.id))
      jobs.append(build)
      let isBaked = plan.machine != nil && plan.spec.azureDeployment == nil
      if isBaked { jobs.append(scripts.bake(plan, after: build.id)) }
      var before = build.id
      for name in Self.ordered(plan) {
        let stage = plan.spec.stages.first { $0.name.value == name }
        let target = Target(customer: plan.customer, stage: name)
        let required = stage?.after.map { Target(customer: plan.customer, stage: $0.value) }
        let job = scripts.deploy(
          plan, target, after: required.map { PipelineScripts.deployment(of: $0) } ?? before,
          needsApproval: stage?.needsApproval ?? false)
        jobs.append(job)
        targets.append(target)
        before = job.id
      }
    }
    if !targets.isEmpty { jobs.append(scripts.rollback(of: fleet)) }
    self.jobs = jobs
    self.targets = targets
  }

  /// What the system and its agents must have besides the definition, a sentence each.
  public var needs: [String] {
    var needs: [String] = []
    if settings.install == nil, settings.image == nil {
      needs.append("agents need kiln on their PATH: `pipeline: {install: …}` or `image` in kiln.yaml brings it")
    }
    if settings.kubeconfig == nil, jobs.contains(where: { $0.kind == .deploy && $0.reachesCluster }) {
      needs.append(
        "agents need a kubeconfig with the clusters' contexts: `pipeline: {kubeconfig: {env: …}}` gives them one")
    }
    // The system gives its own to every job.
    var seen: Set = ["GITHUB_TOKEN", "SYSTEM_ACCESSTOKEN"]
    let secrets = jobs.flatMap { $0.secrets + ($0.onFailure?.secrets ?? []) }.filter { seen.insert($0).inserted }
    if !secrets.isEmpty { needs.append("jobs read these secrets: \(secrets.sorted().joined(separator: ", "))") }
    return needs
  }

  /// The stages that a customer is deployed to, each behind the one that it comes after; nil for an only deployment.
  private static func ordered(_ plan: EnvironmentPlan) -> [String?] {
    var rest = plan.deployments.map(\.stage) + plan.azureDeployments.map(\.stage)
    var done: [String?] = []
    while !rest.isEmpty {
      let next = rest.firstIndex { stage in
        guard let after = plan.spec.stages.first(where: { $0.name.value == stage })?.after else { return true }
        return done.contains(after.value)
      }
      done.append(rest.remove(at: next ?? 0))
    }
    return done
  }
}
