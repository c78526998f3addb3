import KilnDiagnostics
import KilnDocuments
import KilnSpec

/// Rules over tests, their helpers and their data that no single key shows.
struct TestRules {
  private let spec: EnvironmentSpec

  init(_ spec: EnvironmentSpec) { self.spec = spec }

  func problems() -> [Diagnostic] {
    spec.testContainers.flatMap(containerProblems) + spec.tests.flatMap(problems) + helperProblems()
      + (spec.seed.map(seedProblems) ?? [])
  }

  private func containerProblems(_ container: EnvironmentSpec.TestContainer) -> [Diagnostic] {
    var found = container.environment.compactMap { variable in
      EnvironmentRules.problem(whenRun: variable.value).map {
        Diagnostic(
          "spec.unrepresentable", "\(variable.name) \($0)", at: variable.location,
          suggestion: "put such a value into a file")
      }
    }
    guard let image = container.image else { return found }
    if ImageReference(image.value) == nil {
      found.append(
        Diagnostic(
          "spec.invalid-value", "\"\(image.value)\" is no image", at: image.location,
          suggestion: "as an engine takes it: [HOST[:PORT]/]PATH[:TAG][@DIGEST]"))
    }
    for key in container.buildKeys {
      found.append(
        Diagnostic(
          "spec.test-image", "`\(key.value)` is for an image that Kiln builds, and this one is taken as it is",
          at: key.location, suggestion: "remove it, or give a `source` instead of `image`",
          notes: [.init("the image", at: image.location)]))
    }
    return found
  }

  private func problems(_ test: EnvironmentSpec.Test) -> [Diagnostic] {
    var found: [Diagnostic] = []
    if test.name.value == "logs" {
      found.append(
        Diagnostic(
          "spec.invalid-value", "a test cannot be called \"logs\": the logs of what tests examine have this name",
          at: test.name.location, suggestion: "rename it"))
    }
    if test.container.image == nil, test.container.command == nil {
      found.append(
        Diagnostic(
          "spec.missing-key", "the test \"\(test.name.value)\" has no command", at: test.container.location,
          suggestion: "say what it runs, as in `command: [php, smoke.php]`"))
    }
    if !(1000...86_400_000).contains(test.timeout.value.milliseconds) {
      found.append(
        Diagnostic(
          "spec.invalid-value", "timeout cannot be \(test.timeout.value.text)", at: test.timeout.location,
          suggestion: "from 1s to 24h, as in 90s or 5m"))
    }
    let names = spec.helpers.map(\.name.value)
    for need in test.needs where !names.contains(need.value) {
      let isThere = spec.app(named: need.value) != nil || spec.services.contains { $0.name.value == need.value }
      found.append(
        Diagnostic(
          "spec.unknown-helper", "there is no helper \"\(need.value)\"", at: need.location,
          suggestion: isThere
            ? "it is part of the environment, which is up whenever a test runs: leave it out"
            : nearest(to: need.value, among: names).map { "did you mean \"\($0)\"?" }
              ?? (names.isEmpty ? "describe it under `helpers`" : "there are: \(Phrase.list(names))")))
    }
    for pattern in test.reports + test.artifacts {
      let path = pattern.value.hasPrefix("/") ? pattern.value.dropFirst() : pattern.value[...]
      let parts = path.split(separator: "/", omittingEmptySubsequences: false)
      guard
        parts.contains(where: { ["", ".", ".."].contains($0) })
          || pattern.value.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
      else { continue }
      found.append(
        Diagnostic(
          "spec.invalid-value", "\"\(pattern.value)\" names no files of the container", at: pattern.location,
          suggestion: "a path from `workdir`, as in reports/*.xml"))
    }
    return found
  }

  private func helperProblems() -> [Diagnostic] {
    let needed = Set(spec.tests.flatMap(\.needs).map(\.value))
    return spec.helpers.filter { !needed.contains($0.name.value) }.map { helper in
      Diagnostic(
        "spec.unused-helper", "no test needs the helper \"\(helper.name.value)\"", severity: .warning,
        at: helper.name.location, suggestion: "name it under a test's `needs`, or remove it")
    }
  }

  private func seedProblems(_ seed: EnvironmentSpec.Seed) -> [Diagnostic] {
    let names = spec.apps.map(\.name.value)
    if spec.tests.isEmpty {
      return [
        Diagnostic(
          "spec.idle-seed", "`seed` puts data into the environment of tests, and there are none", at: seed.location,
          suggestion: "describe `tests`, or remove it")
      ]
    }
    if let app = seed.app {
      guard !names.contains(app.value) else { return [] }
      return [
        Diagnostic(
          "spec.unknown-app", "there is no app \"\(app.value)\"", at: app.location,
          suggestion: nearest(to: app.value, among: names).map { "did you mean \"\($0)\"?" }
            ?? (names.isEmpty ? "describe it under `apps`" : "there are: \(Phrase.list(names))"))
      ]
    }
    guard names.count != 1 else { return [] }
    return [
      Diagnostic(
        "spec.missing-key",
        names.isEmpty ? "`seed` runs in an app's image, and there is no app" : "`seed` does not say which app's it is",
        at: seed.location, suggestion: names.isEmpty ? "describe the app" : "app: \(Phrase.alternatives(names))")
    ]
  }
}

extension EnvironmentSpec {
  /// Of tests and of helpers.
  var testContainers: [TestContainer] { tests.map(\.container) + helpers.map(\.container) }
}
