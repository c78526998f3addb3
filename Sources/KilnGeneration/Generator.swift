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
      for runtime in plan.allRuntimes where runtimes.insert(runtime.id).inserted {
        try addRuntime(runtime, of: plan, to: &tree)
      }
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
    var owners: [String: (plan: EnvironmentPlan, runtime: RuntimePlan)] = [:]
    for plan in fleet {
      for runtime in plan.allRuntimes {
        if let owner = owners[runtime.id], owner.plan.customer < plan.customer { continue }
        owners[runtime.id] = (plan, runtime)
      }
    }
    for id in Set(plans.flatMap(\.allRuntimes).map(\.id)).sorted() {
      guard let (owner, runtime) = owners[id] else { continue }
      units.append(
        OutputUnit(GeneratedFolder.runtime(id), key: key(owner)) {
          var tree = ArtifactTree()
          try addRuntime(runtime, of: owner, to: &tree)
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

  private func addRuntime(_ runtime: RuntimePlan, of plan: EnvironmentPlan, to tree: inout ArtifactTree) throws {
    try tree.add(
      try self.runtime(runtime, of: plan), at: GeneratedFolder.runtime(runtime.id), source: plan.spec.file)
  }

  private func add(_ plan: EnvironmentPlan, to tree: inout ArtifactTree) throws {
    try environment(plan).add(to: &tree)
  }

  /// - Throws: `DockerfileError` for values that no Dockerfile can carry.
  public func runtime(_ runtime: RuntimePlan, of plan: EnvironmentPlan) throws -> ImageOutput {
    try ImageLowering().runtime(runtime, refreshed: plan.refresh(of: runtime))
  }

  /// - Throws: `DockerfileError` for values that no Dockerfile can carry.
  public func proxy(_ proxy: ProxyPlan) throws -> ImageOutput { try ImageLowering().proxy(proxy) }

  /// - Throws: `DockerfileError` for values that no Dockerfile can carry.
  public func image(_ image: ImagePlan, of plan: EnvironmentPlan) throws -> ImageOutput {
    switch image.subject {
    case .runtime(let runtime): try self.runtime(runtime, of: plan)
    case .app(let app): try ImageLowering().app(app, of: plan, digest: try plan.recipe(of: app))
    case .service(let service): try ImageLowering().service(service, of: plan)
    }
  }

  /// - Throws: `DockerfileError` for values that no Dockerfile can carry.
  public func images(of plan: EnvironmentPlan) throws -> EnvironmentImages {
    let lowering = ImageLowering()
    return EnvironmentImages(
      apps: try plan.apps.map { app in
        (app.name, try lowering.app(app, of: plan, digest: try plan.recipe(of: app)))
      }, services: try plan.services.map { ($0.name, try lowering.service($0, of: plan)) })
  }

  /// Nil where there is neither an application nor a service.
  public func compose(of plan: EnvironmentPlan) -> String? {
    let file = ComposeLowering(plan: plan).file
    return file.services.isEmpty ? nil : file.render()
  }

  /// What tests run beside it; nil where there are none.
  public func testCompose(of plan: EnvironmentPlan) -> String? {
    plan.spec.tests.isEmpty ? nil : ComposeLowering(plan: plan, use: .tests).file.render()
  }

  public func goss(of plan: EnvironmentPlan) -> GossOutput {
    let lowering = GossLowering(plan: plan)
    var files: [(name: String, text: String)] = []
    if plan.apps.isEmpty {
      files += [
        (GossFiles.common(nil), lowering.common(plan.runtime, nil)),
        (GossFiles.container(nil), lowering.container(plan.runtime, nil)),
      ]
    }
    for app in plan.apps {
      files += [
        (GossFiles.common(app.name), lowering.common(app.runtime, app)),
        (GossFiles.container(app.name), lowering.container(app.runtime, app)),
        (GossFiles.running(app.name), lowering.running(app)),
      ]
      if app.hasCompanions { files.append((GossFiles.beside(app.name), lowering.beside(app))) }
    }
    files += plan.services.map { (GossFiles.service($0.name), lowering.service($0)) }
    if let machine = plan.machine {
      files.append((GossFiles.machine, lowering.machine(machine)))
      files += MachineStart.allCases.map { (GossFiles.machine($0), lowering.machine(machine, $0)) }
    }
    return GossOutput(files: files)
  }

  /// Nil where there is no machine.
  public func packer(of plan: EnvironmentPlan) -> PackerOutput? {
    guard let machine = plan.machine else { return nil }
    let lowering = PackerLowering(plan: plan, machine: machine)
    var tasks = PlaybookLowering(plan, machine)
    let playbook = tasks.lower()
    return PackerOutput(
      template: lowering.template, plugins: lowering.plugins, playbook: playbook.playbook, files: playbook.files,
      values: values(of: plan, machine))
  }

  /// Nothing where no stage gives the machine's app any.
  private func values(of plan: EnvironmentPlan, _ machine: MachinePlan) -> [(name: String, text: String)] {
    var found: [(name: String, text: String)] = []
    for stage in [nil] + plan.spec.stages.map(\.name.value) {
      guard let staged = stage.map({ plan.at(stage: $0) }) ?? plan, let machine = staged.machine,
        !(machine.app?.values.isEmpty ?? true)
      else { continue }
      found.append(
        (CloudInit.name(stage), CloudInit(plan: staged, machine: machine, stage: stage).text))
    }
    return found
  }

  /// Everything of `plan` but its runtime.
  /// - Throws: `DockerfileError` for values that no Dockerfile can carry.
  public func environment(_ plan: EnvironmentPlan) throws -> EnvironmentOutput {
    EnvironmentOutput(
      customer: plan.customer, source: plan.spec.file, images: try images(of: plan),
      testImages: try plan.testing.map { try images(of: $0).apps } ?? [], compose: compose(of: plan),
      testCompose: testCompose(of: plan),
      goss: goss(of: plan), packer: packer(of: plan), kubernetes: KubernetesFiles(plan: plan).files,
      loadTests: LoadTestLowering(plan: plan).files, azure: azure(of: plan))
  }

  /// What cloud-init does when the machine starts.
  /// - Parameter plan: At the stage.
  public func customData(of plan: EnvironmentPlan, at stage: String?) -> String {
    plan.machine.map { CloudInit(plan: plan, machine: $0, stage: stage).text } ?? ""
  }

  /// Deployment template and parameters, by name; nothing where the machine is not deployed by a template of Kiln's.
  public func azure(of plan: EnvironmentPlan) -> [(name: String, text: String)] { ScaleSetLowering(plan)?.files ?? [] }
}
