public import KilnArtifacts
import KilnDocker
public import KilnPlan
import KilnSpec

/// Turns plans into the files of `generated/`. Nothing in them names Kiln's version: a release changes only what it makes
/// differently.
public struct Generator: Sendable {
  public init() {}

  /// Everything of `plans`; equal runtimes are one folder.
  /// - Throws: `DockerfileError` for values that no document can carry, `ArtifactConflict` for a mistake of Kiln's.
  public func generate(_ plans: [EnvironmentPlan]) throws -> ArtifactTree {
    var tree = ArtifactTree()
    var runtimes: Set<String> = []
    for plan in plans.sorted(by: { $0.customer < $1.customer }) {
      if runtimes.insert(plan.runtime.id).inserted { try addRuntime(plan, to: &tree) }
      try add(plan, to: &tree)
    }
    return tree
  }

  /// The same as units that are made on their own: one for each runtime, one for each customer.
  ///
  /// - Parameters:
  ///   - fleet: All customers: the first on a runtime is the one that its files are from.
  ///   - key: What a customer's files depend on, by the customer; nil where that is not known.
  public func units(
    _ plans: [EnvironmentPlan], among fleet: [EnvironmentPlan], key: (EnvironmentPlan) -> String?
  ) -> [OutputUnit] {
    var units: [OutputUnit] = []
    var owners: [String: EnvironmentPlan] = [:]
    for plan in fleet {
      if let owner = owners[plan.runtime.id], owner.customer < plan.customer { continue }
      owners[plan.runtime.id] = plan
    }
    for id in Set(plans.map(\.runtime.id)).sorted() {
      guard let owner = owners[id] else { continue }
      units.append(
        OutputUnit(GeneratedFolder.runtime(id), key: key(owner)) {
          var tree = ArtifactTree()
          try addRuntime(owner, to: &tree)
          return tree
        })
    }
    for plan in plans.sorted(by: { $0.customer < $1.customer }) {
      let key = key(plan)
      units.append(
        OutputUnit(plan.customer, key: key) {
          var tree = ArtifactTree()
          try add(plan, to: &tree)
          return tree
        })
    }
    return units
  }

  private func addRuntime(_ plan: EnvironmentPlan, to tree: inout ArtifactTree) throws {
    try tree.add(try runtime(of: plan), at: GeneratedFolder.runtime(plan.runtime.id), source: plan.spec.file)
  }

  private func add(_ plan: EnvironmentPlan, to tree: inout ArtifactTree) throws {
    try environment(plan).add(to: &tree)
  }

  /// - Throws: `DockerfileError` for values that no Dockerfile can carry.
  public func runtime(of plan: EnvironmentPlan) throws -> ImageOutput {
    try ImageLowering().runtime(plan.runtime, refreshed: plan.runtimeRefresh)
  }

  /// - Throws: `DockerfileError` for values that no Dockerfile can carry.
  public func images(of plan: EnvironmentPlan) throws -> EnvironmentImages {
    let lowering = ImageLowering()
    var app: ImageOutput?
    if let spec = plan.spec.app, let digest = plan.appDigest {
      app = try lowering.app(spec, of: plan, digest: digest)
    }
    return EnvironmentImages(
      app: app, services: try plan.services.map { ($0.name, try lowering.service($0, of: plan)) })
  }

  /// Nil where there is neither an application nor a service.
  public func compose(of plan: EnvironmentPlan) -> String? {
    let file = ComposeLowering(plan: plan).file
    return file.services.isEmpty ? nil : file.render()
  }

  public func goss(of plan: EnvironmentPlan) -> GossOutput {
    let lowering = GossLowering(plan: plan)
    return GossOutput(
      common: lowering.common, container: lowering.side(.container), running: lowering.running,
      services: plan.services.map { ($0.name, lowering.service($0)) },
      machine: plan.spec.machine == nil
        ? []
        : [(GossFiles.machine, lowering.side(.machine))]
          + MachineStart.allCases.map { (GossFiles.machine($0), lowering.machine($0)) })
  }

  /// Nil where there is no machine.
  public func packer(of plan: EnvironmentPlan) -> PackerOutput? {
    guard plan.spec.machine != nil else { return nil }
    let lowering = PackerLowering(plan: plan)
    var tasks = PlaybookLowering(plan)
    let playbook = tasks.lower()
    return PackerOutput(
      template: lowering.template, plugins: lowering.plugins, playbook: playbook.playbook, files: playbook.files)
  }

  /// Everything of `plan` but its runtime.
  /// - Throws: `DockerfileError` for values that no Dockerfile can carry.
  public func environment(_ plan: EnvironmentPlan) throws -> EnvironmentOutput {
    EnvironmentOutput(
      customer: plan.customer, source: plan.spec.file, images: try images(of: plan), compose: compose(of: plan),
      goss: goss(of: plan), packer: packer(of: plan))
  }
}
