public import KilnArtifacts
public import KilnPlan
public import KilnSpec
import SystemPackage

/// Digests over what the lowerings make.
public struct ImageRecipes: RecipeDigests {
  public init() {}

  public func runtime(_ contents: RuntimePlan.Contents) throws(RecipeError) -> ContentDigest {
    try ImageLowering().steps(contents).recipe
  }

  public func service(
    _ contents: ServicePlan.Contents, on base: BaseDefinition
  ) throws(RecipeError) -> ContentDigest {
    try ImageLowering().steps(contents, on: base).recipe
  }

  /// The runtime is part of it by its digest: the registry that has it makes no other image.
  public func app(_ app: EnvironmentSpec.App, of plan: EnvironmentPlan) throws(RecipeError) -> ContentDigest {
    var digest = PlanDigest("app")
    digest.add("runtime", plan.runtime.digest.hex)
    if let mark = plan.runtimeRefresh { digest.add("refreshed", mark) }
    let steps = ImageLowering().steps(app, of: plan, on: nil)
    digest.add("dockerfile", try steps.recipeText)
    for file in steps.files { digest.add(file.path, file.bytes) }
    digest.add(contextOf: app)
    return digest.digest
  }

  public func machine(_ machine: EnvironmentSpec.Machine, of plan: EnvironmentPlan) -> ContentDigest {
    var digest = PlanDigest("machine")
    digest.add("template", PackerLowering(plan: plan).recipe)
    var lowering = PlaybookLowering(plan)
    // Digests that are written onto the machine name what it was made from: they make no other machine.
    let playbook = lowering.lower(header: [], release: .init(spec: "", runtime: ""))
    digest.add("playbook", playbook.playbook)
    for file in playbook.files { digest.add(file.path, file.bytes) }
    if let app = plan.spec.app { digest.add(contextOf: app) }
    return digest.digest
  }
}

extension PlanDigest {
  /// What an app's context is packed from, but the files themselves.
  fileprivate mutating func add(contextOf app: EnvironmentSpec.App) {
    add("sources", ([app.source] + app.overlays).map(\.value.string))
    add("token files", app.tokens?.files.map(\.value) ?? [])
    let values = (app.tokens?.values ?? []).map { NamedValue($0.name, $0.value) }
    add("token values", values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) })
  }
}
