import KilnArtifacts
import KilnDiagnostics
public import KilnSpec

/// The image of what serves HTTPS on a developer's machine.
public struct ProxyPlan: Sendable, Hashable {
  /// What it is made from, as a runtime is.
  public let runtime: RuntimePlan
  public var image: ImageReference { ImageRepository.proxy.tagged(runtime.id) }
}

extension PlanResolver {
  /// Nil where the workspace has replaced the base by one that the proxy cannot be made from.
  /// - Parameter spec: Any of the workspace's.
  public func proxy(beside spec: EnvironmentSpec) -> ProxyPlan? {
    guard let definition = definitions.proxy, let base = definition.bases.first.flatMap({ definitions.bases[$0] })
    else { return nil }
    var resolution = Resolution(resolver: self, spec: spec)
    let component = resolution.component(
      definition, definition.location, nil, beside: [definition.name], isEarly: false, base)
    guard !resolution.problems.hasErrors else { return nil }
    let contents = RuntimePlan.Contents(base: base, components: [component], environment: [])
    guard let digest = try? recipes.runtime(contents) else { return nil }
    return ProxyPlan(
      runtime: RuntimePlan(
        contents: contents, digest: digest, baseOrigin: definition.location, variableOrigins: [:]))
  }
}
