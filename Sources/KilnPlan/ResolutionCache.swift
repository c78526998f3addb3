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

  private let runtimes = Mutex<[SpecNode: Resolved<RuntimePlan>]>([:])
  private let services = Mutex<[ServiceKey: Resolved<ServicePlan>]>([:])

  /// Two threads may resolve the same at once; both come to the same.
  func runtime(_ key: SpecNode, _ resolve: () -> Resolved<RuntimePlan>) -> Resolved<RuntimePlan> {
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
}
