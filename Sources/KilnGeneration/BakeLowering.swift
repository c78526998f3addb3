import KilnDocker
import KilnDocuments
public import KilnPlan
public import KilnSpec
import SystemPackage

/// A fleet as one graph for BuildKit: runtimes, the apps on them by target, services.
public struct BakeLowering: Sendable {
  let plans: [EnvironmentPlan]
  let settings: BuildSettings

  /// - Parameter plans: By customer.
  public init(_ plans: [EnvironmentPlan], _ settings: BuildSettings) {
    self.plans = plans.sorted { $0.customer < $1.customer }
    self.settings = settings
  }

  /// The file's name in `dist`, beside the contexts that it reads.
  public static let fileName = "docker-bake.json"
  /// From the workspace's root.
  package static let contexts = WorkspaceLayout.relative.contexts.string
  /// The variable that tags apps whose contexts are not staged.
  static let tagVariable = "KILN_TAG"

  public static func runtime(_ id: String) -> String { "runtime_\(BakeFile.name(id))" }
  /// Customers' names have no underscore, so that no two targets or groups share a name.
  public static func target(_ customer: String, _ image: String) -> String { "\(customer)_\(BakeFile.name(image))" }
  /// A customer's group; `default` is everything.
  public static func group(_ customer: String) -> String { customer == "default" ? "customer_default" : customer }

  /// - Parameter staged: Targets whose contexts are staged: bake reads those very folders, and tags apps by their digests.
  public func render(_ staged: [Staged] = []) -> String {
    var file = self.file
    let known = Dictionary(staged.map { ($0.target, $0) }) { first, _ in first }
    for index in file.targets.indices {
      guard let one = known[file.targets[index].name] else { continue }
      file.targets[index].context = one.context
      guard let image = one.image else { continue }
      file.targets[index].tags = [.literal(image.description)]
      file.targets[index].labels = [(ImageLabels.version, .literal(image.tag ?? ""))]
    }
    return file.render()
  }

  var file: BakeFile {
    var file = BakeFile()
    file.variables = [("SOURCE_DATE_EPOCH", "0"), (Self.tagVariable, "latest")]
    file.arguments = [("SOURCE_DATE_EPOCH", "SOURCE_DATE_EPOCH")]
    file.platforms = settings.platforms
    file.attestations = settings.attestations
    var onRuntime: [String: [String]] = [:]
    var services: [String] = []
    var apps: [String] = []
    var runtimes: [String: (plan: EnvironmentPlan, runtime: RuntimePlan)] = [:]
    for plan in plans {
      for runtime in plan.runtimes { runtimes[runtime.id] = runtimes[runtime.id] ?? (plan, runtime) }
      var members: [String] = []
      for app in plan.apps {
        let target = target(of: app, plan)
        onRuntime[app.runtime.id, default: []].append(target.name)
        members.append(target.name)
        file.targets.append(target)
        apps.append(target.name)
      }
      for service in plan.services {
        var target = target(
          Self.target(plan.customer, service.name), GeneratedFolder.service(service.name, of: plan.customer),
          plan.image(of: service))
        target.isPulling = plan.refresh(of: service) != nil
        members.append(target.name)
        services.append(target.name)
        file.targets.append(target)
      }
      // A runtime that nothing stands on yet is built for its customer.
      if plan.apps.isEmpty { members.append(Self.runtime(plan.runtime.id)) }
      file.groups.append((Self.group(plan.customer), members))
    }
    for (id, (plan, runtime)) in runtimes.sorted(by: { $0.key < $1.key }) {
      var target = target(Self.runtime(id), GeneratedFolder.runtime(id), plan.image(of: runtime))
      target.isPulling = plan.refresh(of: runtime) != nil
      file.targets.append(target)
      file.groups.append(("on_\(BakeFile.name(id))", [Self.runtime(id)] + (onRuntime[id] ?? [])))
    }
    let names = runtimes.keys.sorted()
    // A group of nothing is refused.
    let all = [("all_runtimes", names.map { Self.runtime($0) }), ("all_apps", apps), ("all_services", services)]
      .filter { !$0.1.isEmpty }
    file.groups += all.map { (name: $0.0, members: $0.1) }
    if !all.isEmpty { file.groups.append(("default", all.map(\.0))) }
    return file
  }

  private func target(of app: AppPlan, _ plan: EnvironmentPlan) -> BakeFile.Target {
    var target = target(
      Self.target(plan.customer, app.name), GeneratedFolder.app(app.name, of: plan.customer),
      tag: .variable(prefix: "\(plan.repository(of: app)):", name: Self.tagVariable),
      version: .variable(prefix: "", name: Self.tagVariable))
    target.images = [(plan.image(of: app.runtime).description, Self.runtime(app.runtime.id))]
    target.secrets = plan.secrets(of: .build(app.name)).map { ($0.file, $0.variable) }
    return target
  }

  private func target(_ name: String, _ folder: String, _ image: ImageReference) -> BakeFile.Target {
    target(name, folder, tag: .literal(image.description), version: .literal(image.tag ?? ""))
  }

  private func target(
    _ name: String, _ folder: String, tag: BakeFile.Text, version: BakeFile.Text
  ) -> BakeFile.Target {
    var target = BakeFile.Target(name, context: "\(Self.contexts)/\(folder)", tags: [tag])
    target.labels = [(ImageLabels.version, version)]
    target.cacheFrom = settings.cacheFrom.map { $0.substituting(BuildSettings.target, with: name) }
    target.cacheTo = settings.cacheTo.map { $0.substituting(BuildSettings.target, with: name) }
    return target
  }

  /// A target whose context is staged.
  public struct Staged: Sendable, Hashable {
    public let target: String
    /// The folder of this context alone, relative to where bake runs.
    public let context: String
    /// The image, where the digest of the context is its tag.
    public let image: ImageReference?

    public init(target: String, context: String, image: ImageReference?) {
      self.target = target
      self.context = context
      self.image = image
    }
  }
}
