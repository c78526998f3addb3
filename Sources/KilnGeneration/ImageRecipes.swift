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
  public func app(_ app: AppPlan, of plan: EnvironmentPlan) throws(RecipeError) -> ContentDigest {
    var digest = PlanDigest("app")
    digest.add("runtime", app.runtime.digest.hex)
    if let mark = plan.refresh(of: app.runtime) { digest.add("refreshed", mark) }
    let steps = ImageLowering().steps(app, of: plan, on: nil)
    digest.add("dockerfile", try steps.recipeText)
    for file in steps.files { digest.add(file.path, file.bytes) }
    digest.add(contextOf: app.spec)
    return digest.digest
  }

  public func machine(_ machine: MachinePlan, of plan: EnvironmentPlan) -> ContentDigest {
    var digest = PlanDigest("machine")
    digest.add("template", PackerLowering(plan: plan, machine: machine).recipe)
    var lowering = PlaybookLowering(plan, machine)
    // Digests that are written onto the machine name what it was made from: they make no other machine. Values are given
    // when it starts.
    let playbook = lowering.lower(header: [], release: .init(spec: "", runtime: ""), isWithValues: false)
    digest.add("playbook", playbook.playbook)
    for file in playbook.files { digest.add(file.path, file.bytes) }
    if let app = machine.app { digest.add(contextOf: app.spec) }
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
