public import KilnSpec
public import SystemPackage

/// A load test with everything decided: whose page, how many ask for how long, and what is well.
public struct LoadTestPlan: Sendable, Hashable {
  public enum Work: Sendable, Hashable {
    case page(Page)
    /// A plan of the team's own, relative to the workspace's root.
    case plan(FilePath)
  }

  /// A page that users ask for again and again.
  public struct Page: Sendable, Hashable {
    public let path: String
    public let users: Int
    /// Requests per second at most; nil for as many as the users can.
    public let rate: Double?
    public let rampUp: TimeSpan
    /// Of all users, after the ramp-up.
    public let duration: TimeSpan
  }

  /// What a result is held to.
  public struct Budgets: Sendable, Hashable {
    public let p95: TimeSpan?
    public let p99: TimeSpan?
    public let errors: Percentage?
    public let regression: Percentage?
  }

  public let name: String
  /// Whether it is the only one, under `load` without a name.
  public let isOnly: Bool
  public let app: AppPlan
  public let work: Work
  public let budgets: Budgets

  /// Users that a rate without `users` gets: enough for answers that take a second.
  static func users(for rate: Double) -> Int { min(max(Int(rate.rounded(.up)), 1), 1000) }
  static let duration = TimeSpan(milliseconds: 60_000)
  /// JMeter's first requests are slow, since Java loads and compiles what makes them.
  static let rampUp = TimeSpan(milliseconds: 5000)
  /// Errors beyond these are never well: a server that refuses everything answers fast.
  static let errors = Percentage("1%")

  public var page: Page? { if case .page(let page) = work { page } else { nil } }
}

extension EnvironmentPlan {
  /// The load tests in a stage, or without one, in the order of the spec.
  /// - Parameter stage: One of the spec's; another changes nothing.
  public func loadTests(in stage: String?) -> [LoadTestPlan] {
    let staged = stage.flatMap { at(stage: $0) } ?? self
    let changes = spec.stages.first { $0.name.value == stage }?.loadTests ?? []
    return spec.loadTests.compactMap { test in
      // An app that is not there is reported when the plan is made.
      guard let app = staged.app(of: test) else { return nil }
      let own = changes.first { $0.name?.value == test.name.value || $0.name == nil && test.isOnly }?.settings
      let settings = own?.over(test.settings) ?? test.settings
      return LoadTestPlan(
        name: test.name.value, isOnly: test.isOnly, app: app, work: test.source.work(settings),
        budgets: .init(
          p95: settings.p95?.value, p99: settings.p99?.value,
          errors: settings.errors?.value ?? LoadTestPlan.errors, regression: settings.regression?.value))
    }
  }

  func app(of test: EnvironmentSpec.LoadTest) -> AppPlan? {
    if let name = test.app { return app(named: name.value) }
    return apps.count == 1 ? apps[0] : nil
  }

  /// Where browsers reach an app in a stage: by HTTPS where the cluster has an issuer of certificates. Nil where it has no
  /// domain.
  public func address(of app: AppPlan, in stage: String?) -> (scheme: String, host: String)? {
    guard let domain = (stage.flatMap { at(stage: $0) } ?? self).app(named: app.name)?.domains.first else { return nil }
    let isEncrypted: Bool
    if let deployment = deployment(at: stage) {
      isEncrypted = deployment.settings.issuer != nil
    } else if spec.azureDeployment != nil, machine?.servesHTTPS == true {
      isEncrypted = true
    } else {
      isEncrypted = app.spec.port?.value == 443
    }
    return (isEncrypted ? "https" : "http", domain.value)
  }
}

extension EnvironmentSpec.LoadTest.Source {
  func work(_ settings: EnvironmentSpec.LoadSettings) -> LoadTestPlan.Work {
    switch self {
    case .plan(let file): return .plan(file.value)
    case .path(let path):
      let rate = settings.rate?.value
      return .page(
        .init(
          path: path.value, users: settings.users?.value ?? LoadTestPlan.users(for: rate ?? 1), rate: rate,
          rampUp: settings.rampUp?.value ?? LoadTestPlan.rampUp,
          duration: settings.duration?.value ?? LoadTestPlan.duration))
    }
  }
}
