import KilnPlan
import KilnSpec
import KilnTesting
import Testing

/// In which order the steps of components are done.
struct InstallationOrderTests {
  /// `component: step summary`, in order.
  private func order(_ components: [String: String], using names: String) throws -> [String] {
    let sample = SampleWorkspace(
      "runtime: {base: debian-12, components: {\(names)}}\n",
      components: components.mapValues { "summary: One\n" + $0 })
    #expect(sample.problems.isEmpty, "\(sample.problems)")
    let plan = try #require(sample.plans.first)
    #expect(plan.runtime.steps(for: .container).count == plan.runtime.components.flatMap(\.steps).count)
    return plan.runtime.contents.installation.flatMap { part in
      part.steps.map { "\(part.component.name): \($0.summary)" }
    }
  }

  private let repository =
    "repository: {name: extra, uris: [https://packages.example.com], suites: [stable], signedBy: {content: KEY}}"

  @Test func packagesComeBeforeWhatIsDoneWithThem() throws {
    #expect(
      try order(
        [
          "a": "steps:\n- packages: [one]\n- packages: [two]\n- link: {path: /a, target: /b}\n- packages: [late]\n",
          "b": "steps:\n- packages: [three]\n- packages: [four]\n",
        ], using: "a: {}, b: {}") == [
          "a: packages one", "b: packages three", "a: packages two", "b: packages four", "a: link /a → /b",
          "a: packages late",
        ])
  }

  @Test func aRepositoryComesBeforeThePackagesOfWhoRequiresIt() throws {
    #expect(
      try order(
        [
          "source": "steps:\n- packages: [ca-certificates]\n- \(repository)\n",
          "user": "requires: [source]\nsteps:\n- packages: [from-extra]\n",
        ], using: "user: {}") == [
          "source: packages ca-certificates", "source: repository extra", "user: packages from-extra",
        ])
  }

  @Test(arguments: [
    "beforePackages: true\nsteps:\n- packages: [curl]\n- run: {script: add-source, creates: /source}\n",
    "steps:\n- packages: [curl]\n- run: {script: add-source, creates: /source}\n- repository: {name: extra, uris: [https://packages.example.com], suites: [stable], signedBy: {content: KEY}}\n",
  ])
  func aComponentThatAddsASourceIsDoneFirstWithAllItRequires(source: String) throws {
    let order = try order(
      [
        "base": "steps:\n- packages: [gnupg]\n- link: {path: /a, target: /b}\n",
        "source": "requires: [base]\n" + source,
        "early": "order: 1\nsteps:\n- packages: [early]\n",
        "user": "requires: [source]\nsteps:\n- packages: [from-extra]\n",
      ], using: "user: {}, early: {}")
    #expect(order.prefix(3) == ["base: packages gnupg", "base: link /a → /b", "source: packages curl"])
    #expect(order.suffix(2) == ["early: packages early", "user: packages from-extra"])
  }
}
