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
        OutputUnit("\(OutputUnit.runtimes)/\(id)", key: key(owner)) {
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
    let image = try ImageLowering().runtime(plan.runtime)
    try add(image, at: "\(OutputUnit.runtimes)/\(plan.runtime.id)", source: plan.spec.file, to: &tree)
  }

  private func add(_ image: LoweredImage, at folder: String, source: String, to tree: inout ArtifactTree) throws {
    try tree.add("\(folder)/Dockerfile", Artifact(image.dockerfile, source: source))
    for file in image.files { try tree.add("\(folder)/\(file.path)", Artifact(file.bytes, source: source)) }
  }

  private func add(_ plan: EnvironmentPlan, to tree: inout ArtifactTree) throws {
    let source = plan.spec.file
    let folder = plan.customer
    let images = ImageLowering()
    if let app = plan.spec.app, let digest = plan.appDigest {
      try add(try images.app(app, of: plan, digest: digest), at: "\(folder)/app", source: source, to: &tree)
    }
    for service in plan.services {
      try add(
        try images.service(service, of: plan), at: "\(folder)/services/\(service.name)", source: source, to: &tree)
    }
    let compose = ComposeLowering(plan: plan).file
    if !compose.services.isEmpty {
      try tree.add("\(folder)/compose.yaml", Artifact(compose.render(), source: source))
    }
    let goss = GossLowering(plan: plan)
    try tree.add("\(folder)/\(GossFiles.common)", Artifact(goss.common, source: source))
    try tree.add("\(folder)/\(GossFiles.container)", Artifact(goss.side(.container), source: source))
    try tree.add("\(folder)/\(GossFiles.running)", Artifact(goss.running, source: source))
    for service in plan.services {
      try tree.add("\(folder)/\(GossFiles.service(service.name))", Artifact(goss.service(service), source: source))
    }
    guard plan.spec.machine != nil else { return }
    try tree.add("\(folder)/\(GossFiles.machine)", Artifact(goss.side(.machine), source: source))
    let packer = PackerLowering(plan: plan)
    try tree.add("\(folder)/packer/\(plan.customer).json", Artifact(packer.template, source: source))
    try tree.add("\(folder)/packer/plugins.pkr.hcl", Artifact(packer.plugins, source: source))
    var lowering = PlaybookLowering(plan)
    let playbook = lowering.lower()
    try tree.add("\(folder)/packer/playbook.yml", Artifact(playbook.playbook, source: source))
    for file in playbook.files { try tree.add("\(folder)/packer/\(file.path)", Artifact(file.bytes, source: source)) }
  }
}
