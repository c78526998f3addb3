import KilnDocuments
public import KilnPlan
import KilnSpec

/// What a change of the specs costs: the images that would be built, and why.
public struct FleetChange: Sendable {
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case runtime, app, service, machine
  }

  /// An image that would be built.
  public struct Image: Sendable, Hashable {
    public let kind: Kind
    /// As bake's targets need it: the runtime's id, `app`, the service's name, `machine`.
    public let name: String
    /// Nil for a runtime.
    public let customer: String?
    /// What made it necessary; `new` alone for one that was not there.
    public let reasons: [String]
    /// With values and places, where the reasons are differences.
    public let differences: [Difference]
  }

  /// Customers whose runtime is another one.
  public struct Move: Sendable, Hashable {
    public let from: String
    public let to: String
    public let differences: [Difference]
    public let customers: [String]
    /// False where the fleet had the other one already.
    public let isBuilt: Bool
  }

  /// What was compared with, as the user named it.
  public let since: String
  public let moves: [Move]
  /// Runtimes first, then by customer.
  public let images: [Image]
  public let added: [String]
  public let removed: [String]
  /// What could not be compared.
  public let notes: [String]

  /// - Parameter sources: What changed in the files of an app, by the customer; as in `2 files of ../apps/shop`.
  public init(
    from old: [EnvironmentPlan], to new: [EnvironmentPlan], since: String, sources: [String: [String]],
    notes: [String] = []
  ) {
    let before = Dictionary(uniqueKeysWithValues: old.map { ($0.customer, $0) })
    let after = Set(new.map(\.customer))
    self.since = since
    self.notes = notes
    added = new.map(\.customer).filter { before[$0] == nil }.sorted()
    removed = old.map(\.customer).filter { !after.contains($0) }.sorted()
    let known = Set(old.map(\.runtimeImage))
    var groups: [String: (from: RuntimePlan, to: RuntimePlan, customers: [String])] = [:]
    for plan in new {
      guard let past = before[plan.customer], past.runtime.id != plan.runtime.id else { continue }
      let key = "\(past.runtime.id) \(plan.runtime.id)"
      groups[key, default: (past.runtime, plan.runtime, [])].customers.append(plan.customer)
    }
    let ids = Set(old.map(\.runtime.id))
    moves = groups.values.map { from, to, customers in
      Move(
        from: from.id, to: to.id, differences: RuntimeComparison.differences(from, to), customers: customers.sorted(),
        isBuilt: !ids.contains(to.id))
    }.sorted { ($1.customers.count, $0.to, $0.from) < ($0.customers.count, $1.to, $1.from) }
    var images: [Image] = []
    var seen: Set<ImageReference> = []
    for plan in new.sorted(by: { $0.runtime.id < $1.runtime.id })
    where !known.contains(plan.runtimeImage) && seen.insert(plan.runtimeImage).inserted {
      let move = moves.first { $0.to == plan.runtime.id }
      let isRefreshed = old.contains { $0.runtime.id == plan.runtime.id && $0.registry == plan.registry }
      let own = isRefreshed ? "refreshed" : "another registry"
      images.append(
        Image(
          kind: .runtime, name: plan.runtime.id, customer: nil,
          reasons: move.map { move in
            (ids.contains(plan.runtime.id) ? [own] : []) + move.differences.map(\.text)
          } ?? [ids.contains(plan.runtime.id) ? own : "new"],
          differences: move?.differences ?? []))
    }
    for plan in new.sorted(by: { $0.customer < $1.customer }) {
      images += Self.images(of: plan, before[plan.customer], sources[plan.customer] ?? [])
    }
    self.images = images
  }

  /// The same with images of `kinds` alone.
  public func only(_ kinds: [Kind]) -> FleetChange { FleetChange(self, images.filter { kinds.contains($0.kind) }) }

  private init(_ other: FleetChange, _ images: [Image]) {
    since = other.since
    moves = other.moves
    self.images = images
    added = other.added
    removed = other.removed
    notes = other.notes
  }

  public func count(_ kind: Kind) -> Int { images.count { $0.kind == kind } }

  private static func images(of plan: EnvironmentPlan, _ past: EnvironmentPlan?, _ sources: [String]) -> [Image] {
    var images: [Image] = []
    func add(_ kind: Kind, _ name: String, _ reasons: [String], _ differences: [Difference]) {
      images.append(
        Image(
          kind: kind, name: name, customer: plan.customer, reasons: reasons + differences.map(\.text),
          differences: differences))
    }
    let move = past.flatMap { past in
      past.runtime.id == plan.runtime.id ? nil : "runtime \(past.runtime.id) → \(plan.runtime.id)"
    }
    let registry = past.flatMap { $0.registry == plan.registry ? nil : "another registry" }
    let isRefreshed = past.map { $0.runtime.id == plan.runtime.id && $0.runtimeRefresh != plan.runtimeRefresh } ?? false
    let refresh = isRefreshed ? "the runtime was refreshed" : nil
    let app = past?.appDigest == plan.appDigest ? [] : appDifferences(past, plan)
    if plan.spec.app != nil {
      if past?.spec.app == nil {
        add(.app, "app", ["new"], [])
      } else {
        var reasons = [move, registry, refresh].compactMap { $0 } + sources
        let isChanged = past?.appDigest != plan.appDigest
        if isChanged, reasons.isEmpty, app.isEmpty { reasons = ["how Kiln makes apps"] }
        if isChanged || !reasons.isEmpty { add(.app, "app", reasons, app) }
      }
    }
    for service in plan.services {
      guard let before = past?.services.first(where: { $0.name == service.name }) else {
        add(.service, service.name, ["new"], [])
        continue
      }
      let isSame = before.digest == service.digest
      let refresh = isSame && past?.refresh(of: before) != plan.refresh(of: service) ? "refreshed" : nil
      if isSame, registry == nil, refresh == nil { continue }
      add(
        .service, service.name, [registry, refresh].compactMap { $0 },
        isSame ? [] : differences(before, service, past, plan))
    }
    guard let digest = plan.machineDigest else { return images }
    guard let before = past?.machineDigest else {
      add(.machine, "machine", ["new"], [])
      return images
    }
    if before != digest || !sources.isEmpty {
      let own = Difference.between(machineSettings(past), machineSettings(plan), "machine")
      let runtime = past.map { RuntimeComparison.differences($0.runtime, plan.runtime, for: .machine) } ?? []
      let services = plan.machineServices.flatMap { service in
        let before = past?.machineServices.first { $0.name == service.name }
        return before.map { machineDifferences($0, service, past, plan) } ?? []
      }
      let found = runtime + app + own + services
      let isTold = !found.isEmpty || !sources.isEmpty
      add(.machine, "machine", sources + (isTold ? [] : ["how Kiln makes machines"]), found)
    }
    return images
  }

  /// What the spec says of a machine that is in its image: neither how it is baked nor how many are run.
  private static func machineSettings(_ plan: EnvironmentPlan?) -> [SpecSetting] {
    plan?.spec.settings(
      below: SpecPath(keys: "machine"),
      without: [SpecPath(keys: "parameters"), SpecPath(keys: "azure", "scaleSet"), SpecPath(keys: "azure", "size")])
      ?? []
  }

  /// What the spec says of the app, but what is not in its image.
  private static func appDifferences(_ old: EnvironmentPlan?, _ new: EnvironmentPlan) -> [Difference] {
    func settings(_ plan: EnvironmentPlan?) -> [SpecSetting] {
      plan?.spec.settings(
        below: SpecPath(keys: "app"), without: [SpecPath(keys: "checks"), SpecPath(keys: "limits")]) ?? []
    }
    return Difference.between(settings(old), settings(new), "app")
  }

  /// What makes a service on the machine another: how Kiln makes the image of its container does not.
  private static func machineDifferences(
    _ old: ServicePlan, _ new: ServicePlan, _ past: EnvironmentPlan?, _ plan: EnvironmentPlan
  ) -> [Difference] {
    old.contents == new.contents ? [] : differences(old, new, past, plan)
  }

  private static func differences(
    _ old: ServicePlan, _ new: ServicePlan, _ past: EnvironmentPlan?, _ plan: EnvironmentPlan
  ) -> [Difference] {
    func settings(_ plan: EnvironmentPlan?) -> [SpecSetting] {
      plan?.spec.settings(
        below: SpecPath(keys: "services", new.name),
        without: ["database", "limits", "password", "storage", "user"].map { SpecPath(keys: $0) }) ?? []
    }
    var found = Difference.between(settings(past), settings(plan), new.name)
    if let past, past.base.image != plan.base.image {
      found.append(Difference("base", past.base.name, plan.base.name, at: plan.runtime.baseOrigin))
    }
    if !found.isEmpty { return found }
    return old.contents == new.contents
      ? [Difference("how Kiln makes services", nil, nil, at: nil)]
      : [Difference("the definition of \(new.name) changed", nil, nil, at: new.definition.location)]
  }
}
