import KilnArtifacts
import KilnDiagnostics
import KilnSpec
import Synchronization

/// What several environments come to in the same way: resolved once.
///
/// The keys hold every value with its place, so that the places that a plan and its problems name are right for each.
final class ResolutionCache: Sendable {
  typealias Resolved<Plan> = (plan: Plan?, problems: [Diagnostic])

  struct ServiceKey: Hashable {
    let use: EnvironmentSpec.ServiceUse
    let base: String?
    let fromPackages: Bool
    let place: SourceLocation?
  }

  struct RuntimeKey: Hashable {
    let runtime: EnvironmentSpec.Runtime
    let followed: FollowedKeys
  }

  private let runtimes = Mutex<[RuntimeKey: Resolved<RuntimePlan>]>([:])
  private let services = Mutex<[ServiceKey: Resolved<ServicePlan>]>([:])
  private let digests = Mutex<[ContentDigest: ContentDigest]>([:])

  /// Two threads may resolve the same at once; both come to the same.
  func runtime(
    _ key: RuntimeKey, _ resolve: () -> Resolved<RuntimePlan>
  ) -> Resolved<RuntimePlan> {
    if let known = runtimes.withLock({ $0[key] }) { return known }
    let result = resolve()
    runtimes.withLock { $0[key] = result }
    return result
  }

  func service(_ key: ServiceKey, _ resolve: () -> Resolved<ServicePlan>) -> Resolved<ServicePlan> {
    if let known = services.withLock({ $0[key] }) { return known }
    let result = resolve()
    services.withLock { $0[key] = result }
    return result
  }

  /// The digest of a recipe, by all that decides it: a recipe is lowered once, wherever specs describe it.
  func digest(
    _ key: ContentDigest, _ lower: () throws(RecipeError) -> ContentDigest
  ) throws(RecipeError) -> ContentDigest {
    if let known = digests.withLock({ $0[key] }) { return known }
    let result = try lower()
    digests.withLock { $0[key] = result }
    return result
  }
}

extension RuntimePlan.Contents {
  /// Over what decides the recipe while definitions and lowerings are the same.
  var key: ContentDigest {
    var digest = PlanDigest("runtime")
    digest.add("base", base.name)
    for component in components {
      digest.add("component", component.name)
      digest.add(component.parameters)
    }
    digest.add("environment", environment)
    return digest.digest
  }
}

extension ServicePlan.Contents {
  func key(on base: BaseDefinition, _ parameters: [ComponentPlan.Parameter]) -> ContentDigest {
    var digest = PlanDigest("service")
    digest.add("base", base.name)
    digest.add("name", definition.name)
    if case .image(let image) = source { digest.add("image", image) }
    digest.add("configuration", configuration?.content ?? [])
    digest.add(parameters)
    return digest.digest
  }
}

extension PlanDigest {
  fileprivate mutating func add(_ parameters: [ComponentPlan.Parameter]) {
    for parameter in parameters {
      add("parameter", parameter.name)
      add(parameter.value)
    }
  }
}
