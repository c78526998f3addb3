import KilnDiagnostics
import KilnDocuments
import KilnSpec
import SystemPackage

/// Rules over load tests that no single key shows.
struct LoadRules {
  private let spec: EnvironmentSpec
  private let names: [String]

  init(_ spec: EnvironmentSpec) {
    self.spec = spec
    names = spec.loadTests.map(\.name.value)
  }

  func problems() -> [Diagnostic] {
    spec.loadTests.flatMap(problems) + spec.stages.flatMap(\.loadTests).flatMap(stageProblems)
  }

  private func problems(_ test: EnvironmentSpec.LoadTest) -> [Diagnostic] {
    appProblems(test) + sourceProblems(test) + Self.valueProblems(test.settings, nil)
  }

  private func appProblems(_ test: EnvironmentSpec.LoadTest) -> [Diagnostic] {
    let apps = spec.apps.map(\.name.value)
    guard let name = test.app else {
      guard spec.apps.count != 1 else { return portProblems(spec.apps[0], test) }
      return [
        Diagnostic(
          "spec.missing-key",
          apps.isEmpty
            ? "there is no app that the load test could ask" : "there are several apps, and the load test names none",
          at: test.location, suggestion: apps.isEmpty ? "describe it under `apps`" : "app: \(Phrase.alternatives(apps))"
        )
      ]
    }
    guard let app = spec.app(named: name.value) else {
      return [
        Diagnostic(
          "spec.unknown-app", "there is no app \"\(name.value)\"", at: name.location,
          suggestion: nearest(to: name.value, among: apps).map { "did you mean \"\($0)\"?" }
            ?? (apps.isEmpty ? "describe it under `apps`" : "there are: \(Phrase.list(apps))"))
      ]
    }
    return portProblems(app, test)
  }

  private func portProblems(_ app: EnvironmentSpec.App, _ test: EnvironmentSpec.LoadTest) -> [Diagnostic] {
    guard app.port == nil else { return [] }
    return [
      Diagnostic(
        "spec.missing-key", "the load test asks \(app.path), which has no port", at: test.location,
        suggestion: "say its port, as in `port: 80`")
    ]
  }

  private func sourceProblems(_ test: EnvironmentSpec.LoadTest) -> [Diagnostic] {
    switch test.source {
    case .path:
      guard test.settings.users == nil, test.settings.rate == nil else { return [] }
      return [
        Diagnostic(
          "spec.missing-key", "the load test has neither `users` nor `rate`", at: test.location,
          suggestion: "say how many ask, as in `users: 50`")
      ]
    case .plan(let file):
      var found = Self.idleProblems(test.settings)
      if file.value.isAbsolute {
        found.append(
          Diagnostic(
            "spec.path-outside", "\"\(file.value)\" is an absolute path, which no other machine has", at: file.location,
            suggestion: "a path relative to this file"))
      }
      return found
    }
  }

  /// What a plan of the team's own says itself.
  private static func idleProblems(_ settings: EnvironmentSpec.LoadSettings) -> [Diagnostic] {
    let keys = [
      ("users", settings.users?.location), ("rate", settings.rate?.location), ("rampUp", settings.rampUp?.location),
      ("duration", settings.duration?.location),
    ]
    return keys.compactMap { key, location in
      location.map {
        Diagnostic(
          "spec.no-effect", "`\(key)` has no effect: a plan of your own says that itself", at: $0,
          suggestion: "remove it")
      }
    }
  }

  private func stageProblems(_ change: EnvironmentSpec.StageLoadTest) -> [Diagnostic] {
    let test = spec.loadTests.first { $0.name.value == change.name?.value || change.name == nil && $0.isOnly }
    guard let test else {
      let message =
        change.name.map { "there is no load test \"\($0.value)\"" }
        ?? (names.isEmpty ? "there is no load test" : "the load tests have names, and the stage does not say which one")
      return [
        Diagnostic(
          "spec.unknown-load-test", message, at: change.location,
          suggestion: change.name.flatMap { nearest(to: $0.value, among: names) }.map { "did you mean \"\($0)\"?" }
            ?? (names.isEmpty ? "describe it under `load`" : "there are: \(Phrase.list(names))"))
      ]
    }
    var found = Self.valueProblems(change.settings, test.settings)
    if case .plan = test.source { found += Self.idleProblems(change.settings) }
    return found
  }

  // MARK: Values

  private static let day = TimeSpan(milliseconds: 86_400_000)

  /// - Parameter beneath: What holds where `settings` say nothing; nil where that is the defaults.
  private static func valueProblems(
    _ settings: EnvironmentSpec.LoadSettings, _ beneath: EnvironmentSpec.LoadSettings?
  ) -> [Diagnostic] {
    var found: [Diagnostic] = []
    func refuse(_ message: String, at location: SourceLocation, _ suggestion: String) {
      found.append(Diagnostic("spec.invalid-value", message, at: location, suggestion: suggestion))
    }
    for (key, span, least) in [("rampUp", settings.rampUp, 0), ("duration", settings.duration, 1000)] {
      guard let span else { continue }
      let value = span.value.milliseconds
      if value % 1000 != 0 || !(least...day.milliseconds).contains(value) {
        refuse(
          "\(key) cannot be \(span.value.text)", at: span.location,
          "whole seconds from \(least / 1000)s to 24h, as in 90s or 5m")
      }
    }
    for (key, span) in [("p95", settings.p95), ("p99", settings.p99)] {
      guard let span, !(1...3_600_000).contains(span.value.milliseconds) else { continue }
      refuse("\(key) cannot be \(span.value.text)", at: span.location, "from 1ms to 1h, as in 800ms")
    }
    if let errors = settings.errors, errors.value.fraction >= 1 {
      refuse("a test cannot allow \(errors.value.text) errors", at: errors.location, "less than 100%, as in 1%")
    }
    if let regression = settings.regression, regression.value.fraction == 0 {
      refuse(
        "no two results are equal: regression cannot be 0%", at: regression.location,
        "what two runs differ by without a change, and some more, as in 20%")
    }
    let whole = beneath.map { settings.over($0) } ?? settings
    if settings.p95 != nil || settings.p99 != nil, let p95 = whole.p95, let p99 = whole.p99,
      p99.value.milliseconds < p95.value.milliseconds
    {
      found.append(
        Diagnostic(
          "spec.conflict", "p99 is \(p99.value.text), less than p95, which is \(p95.value.text)",
          at: (settings.p99 ?? p99).location,
          suggestion: "99 of 100 answers include the 95: p99 is at least p95",
          notes: [.init("p95 is here", at: (settings.p95 ?? p95).location)]))
    }
    return found
  }
}
