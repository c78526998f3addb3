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
    /// The first of those whose it is.
    public let owner: String
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

  /// What a customer's apps are given when they run, and what of it is another.
  public struct Values: Sendable, Hashable {
    public let customer: String
    public let differences: [Difference]
  }

  /// What was compared with, as the user named it.
  public let since: String
  public let moves: [Move]
  /// Runtimes first, then by customer.
  public let images: [Image]
  /// Who runs something else without anything being built.
  public let values: [Values]
  /// Whose images, values, deployments or tests are others: all of them that a release has to look at.
  public let concerned: [String]
  public let added: [String]
  public let removed: [String]
  /// What could not be compared.
  public let notes: [String]

  /// - Parameter sources: What changed in the files of apps, by the customer and the app; as in `2 files of ../apps/shop`.
  public init(
    from old: [EnvironmentPlan], to new: [EnvironmentPlan], since: String, sources: [String: [String: [String]]],
    notes: [String] = []
  ) {
    let before = Dictionary(uniqueKeysWithValues: old.map { ($0.customer, $0) })
    let after = Set(new.map(\.customer))
    self.since = since
    self.notes = notes
    added = new.map(\.customer).filter { before[$0] == nil }.sorted()
    removed = old.map(\.customer).filter { !after.contains($0) }.sorted()
    let known = Set(old.flatMap { plan in plan.runtimes.map { plan.image(of: $0) } })
    var groups: [String: (from: RuntimePlan, to: RuntimePlan, customers: [String])] = [:]
    for plan in new {
      guard let past = before[plan.customer] else { continue }
      for (one, other) in Self.moves(past, plan) {
        groups["\(one.id) \(other.id)", default: (one, other, [])].customers.append(plan.customer)
      }
    }
    let ids = Set(old.flatMap(\.runtimes).map(\.id))
    moves = groups.values.map { from, to, customers in
      Move(
        from: from.id, to: to.id, differences: RuntimeComparison.differences(from, to), customers: customers.sorted(),
        isBuilt: !ids.contains(to.id))
    }.sorted { ($1.customers.count, $0.to, $0.from) < ($0.customers.count, $1.to, $1.from) }
    var images: [Image] = []
    var seen: Set<ImageReference> = []
    let runtimes = new.flatMap { plan in plan.runtimes.map { (plan: plan, runtime: $0) } }
    for (plan, runtime) in runtimes.sorted(by: { $0.runtime.id < $1.runtime.id }) {
      let image = plan.image(of: runtime)
      guard !known.contains(image), seen.insert(image).inserted else { continue }
      let move = moves.first { $0.to == runtime.id }
      let isRefreshed = old.contains { past in
        past.registry == plan.registry && past.runtimes.contains { $0.id == runtime.id }
      }
      let own = isRefreshed ? "refreshed" : "another registry"
      images.append(
        Image(
          kind: .runtime, name: runtime.id, customer: nil, owner: plan.customer,
          reasons: move.map { move in
            (ids.contains(runtime.id) ? [own] : []) + move.differences.map(\.text)
          } ?? [ids.contains(runtime.id) ? own : "new"],
          differences: move?.differences ?? []))
    }
    for plan in new.sorted(by: { $0.customer < $1.customer }) {
      images += Self.images(of: plan, before[plan.customer], sources[plan.customer] ?? [:])
    }
    self.images = images
    let built = Set(images.map(\.owner))
    concerned = new.filter { plan in
      guard let past = before[plan.customer] else { return true }
      // Tests whose sources changed have to run again, though nothing that is released is built.
      return built.contains(plan.customer) || past.specDigest != plan.specDigest || past.clusters != plan.clusters
        || sources[plan.customer]?.values.contains { !$0.isEmpty } == true
    }.map(\.customer).sorted()
    values = new.sorted { $0.customer < $1.customer }.compactMap { plan in
      let differences = before[plan.customer].map { Self.valueDifferences($0, plan) } ?? []
      return differences.isEmpty ? nil : Values(customer: plan.customer, differences: differences)
    }
  }

  /// The same with images of `kinds` alone.
  public func only(_ kinds: [Kind]) -> FleetChange {
    FleetChange(self, images.filter { kinds.contains($0.kind) }, isWhole: Set(kinds).count == Kind.allCases.count)
  }

  private init(_ other: FleetChange, _ images: [Image], isWhole: Bool) {
    concerned = isWhole ? other.concerned : Set(images.map(\.owner)).sorted()
    since = other.since
    moves = other.moves
    self.images = images
    values = other.values
    added = other.added
    removed = other.removed
    notes = other.notes
  }

  public func count(_ kind: Kind) -> Int { images.count { $0.kind == kind } }

  /// Runtimes that became others, each pair once: by the apps that stand on them.
  private static func moves(_ past: EnvironmentPlan, _ plan: EnvironmentPlan) -> [(RuntimePlan, RuntimePlan)] {
    guard !plan.apps.isEmpty, !past.apps.isEmpty else {
      return past.runtime.id == plan.runtime.id ? [] : [(past.runtime, plan.runtime)]
    }
    var seen: Set<String> = []
    var found: [(RuntimePlan, RuntimePlan)] = []
    for app in plan.apps {
      guard let before = past.app(named: app.name)?.runtime, before.id != app.runtime.id,
        seen.insert("\(before.id) \(app.runtime.id)").inserted
      else { continue }
      found.append((before, app.runtime))
    }
    return found
  }

  private static func images(
    of plan: EnvironmentPlan, _ past: EnvironmentPlan?, _ sources: [String: [String]]
  ) -> [Image] {
    var images: [Image] = []
    func add(_ kind: Kind, _ name: String, _ reasons: [String], _ differences: [Difference]) {
      images.append(
        Image(
          kind: kind, name: name, customer: plan.customer, owner: plan.customer,
          reasons: reasons + differences.map(\.text),
          differences: differences))
    }
    let registry = past.flatMap { $0.registry == plan.registry ? nil : "another registry" }
    for app in plan.apps {
      guard let past, let before = past.app(named: app.name) else {
        add(.app, app.name, ["new"], [])
        continue
      }
      let isSame = before.runtime.id == app.runtime.id
      let move = isSame ? nil : "runtime \(before.runtime.id) → \(app.runtime.id)"
      let refresh =
        isSame && past.refresh(of: before.runtime) != plan.refresh(of: app.runtime)
        ? "the runtime was refreshed" : nil
      let isChanged = past.digest(of: before) != plan.digest(of: app)
      let found = isChanged ? appDifferences(past, before, plan, app) : []
      var reasons = [move, registry, refresh].compactMap { $0 } + (sources[app.name] ?? [])
      if isChanged, reasons.isEmpty, found.isEmpty { reasons = ["how Kiln makes apps"] }
      if isChanged || !reasons.isEmpty { add(.app, app.name, reasons, found) }
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
    let app = plan.machine?.app
    let sources = app.flatMap { sources[$0.name] } ?? []
    if before != digest || !sources.isEmpty {
      let own = Difference.between(machineSettings(past), machineSettings(plan), "machine")
      let runtime =
        past?.machine.flatMap { past in
          plan.machine.map { RuntimeComparison.differences(past.runtime, $0.runtime, for: .machine) }
        } ?? []
      let services = (plan.machine?.services ?? []).flatMap { service in
        let before = past?.machine?.services.first { $0.name == service.name }
        return before.map { machineDifferences($0, service, past, plan) } ?? []
      }
      let app = past.flatMap { past in
        past.machine?.app.flatMap { before in app.map { appDifferences(past, before, plan, $0) } }
      }
      let found = runtime + (app ?? []) + own + services
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

  /// What the spec says of an app, but what is not in its image.
  private static func appDifferences(
    _ past: EnvironmentPlan, _ old: AppPlan, _ plan: EnvironmentPlan, _ new: AppPlan
  ) -> [Difference] {
    func settings(_ plan: EnvironmentPlan, _ app: AppPlan) -> [SpecSetting] {
      plan.spec.settings(below: app.spec.path, without: Self.running.map { SpecPath(keys: $0) })
    }
    return Difference.between(settings(past, old), settings(plan, new), new.name)
  }

  /// What apps are given when they run, of those that were there.
  private static func valueDifferences(_ past: EnvironmentPlan, _ plan: EnvironmentPlan) -> [Difference] {
    func settings(_ plan: EnvironmentPlan, _ app: AppPlan) -> [SpecSetting] {
      plan.spec.settings(below: app.spec.path, without: []).filter { setting in
        guard case .key(let key) = setting.path.steps.first else { return false }
        return running.contains(key) && key != "checks" && key != "runtime"
      }
    }
    return plan.apps.flatMap { app in
      past.app(named: app.name).map { Difference.between(settings(past, $0), settings(plan, app), app.name) } ?? []
    }
  }

  /// What an app is given when it runs.
  private static let running = ["checks", "environment", "jobs", "limits", "runtime", "secrets", "workers"]

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
