import KilnArtifacts
import KilnDiagnostics
import KilnDocker
import KilnFleet
import KilnPlan
import KilnSpec
import KilnTesting
import Testing

@testable import KilnGeneration

/// Digests are taken over what the lowerings make.
struct RecipeTests {
  private static let component = """
    summary: One
    parameters: {settings: {type: map, default: {}}}
    steps:
      - packages: [curl]
      - run: {script: make thing, creates: /opt/thing}
      - file: {path: "/etc/{{key}}", content: "{{value}}"}
        each: settings
      - service: {name: one, command: [one]}
    """

  private static let spec = """
    runtime:
      base: debian-12
      components: {one: {settings: {a: "1", b: "2"}}}
    app: {source: ../apps/shop, port: 80, install: [make], environment: {APP_ENV: production, DEBUG: 1}}
    services:
      redis: {}
      mariadb: {from: packages}
    machine:
      services: [mariadb]
      azure:
        location: westeurope
        size: Standard_DS2_v2
        capture: {vhd: {resourceGroup: rg, storageAccount: acme, container: images}}
        scaleSet: {name: acme, capacity: 2}

    """

  private static func sample(_ edits: [(String, String)] = []) throws -> SampleWorkspace {
    var (spec, component) = (Self.spec, Self.component)
    for (old, new) in edits {
      try #require(spec.contains(old) || component.contains(old), "\(old) is nowhere")
      spec = spec.replacing(old, with: new)
      component = component.replacing(old, with: new)
    }
    return SampleWorkspace(spec, components: ["one": component])
  }

  private static func plan(_ edits: [(String, String)] = []) throws -> EnvironmentPlan {
    let sample = try sample(edits)
    try #require(sample.problems.isEmpty, "\(sample.problems)")
    return try #require(sample.plans.first)
  }

  /// Every digest of a plan by its name.
  private static func digests(_ plan: EnvironmentPlan) -> [String: ContentDigest?] {
    var all = [
      "runtime": plan.runtime.digest, "app": plan.apps.first.flatMap { plan.digest(of: $0) },
      "machine": plan.machineDigest,
    ]
    for service in plan.services { all[service.name] = service.digest }
    return all
  }

  private static func changed(_ edits: (String, String)...) throws -> Set<String> {
    let (old, new) = (digests(try plan()), digests(try plan(edits)))
    return Set(new.keys.filter { old[$0] != new[$0] })
  }

  /// The same digest comes of the files that are written, without comments and labels.
  private static func digest(_ folder: String, in files: [String: String]) throws -> ContentDigest {
    let dockerfile = try #require(files["\(folder)/Dockerfile"])
    var digest = PlanDigest("image")
    digest.add("dockerfile", recipe(dockerfile))
    let paths = dockerfile.split(separator: "\n").filter { $0.hasPrefix("COPY ") }.compactMap { line in
      line.split(separator: "\"").first { $0.hasPrefix("files/") }.map(String.init)
    }
    for path in paths { digest.add(path, try #require(files["\(folder)/\(path)"]).utf8) }
    return digest.digest
  }

  private static func recipe(_ dockerfile: String) -> String {
    var lines: [Substring] = []
    var isLabel = false
    for line in dockerfile.split(separator: "\n", omittingEmptySubsequences: false) {
      isLabel = line.hasPrefix("LABEL ") || isLabel && line.hasPrefix("    ")
      if !isLabel, !line.hasPrefix("#") { lines.append(line) }
    }
    return lines.joined(separator: "\n")
  }

  @Test func aDigestIsThatOfTheFilesWithoutCommentsAndLabels() throws {
    let sample = try Self.sample()
    let plan = try #require(sample.plans.first)
    let files = try sample.generated()
    #expect(try Self.digest("runtimes/\(plan.runtime.id)", in: files) == plan.runtime.digest)
    for service in plan.services {
      #expect(try Self.digest("acme/services/\(service.name)", in: files) == service.digest, "\(service.name)")
    }
  }

  @Test func anyOtherInstructionIsAnotherImage() throws {
    let plan = try Self.plan()
    let steps = ImageLowering().steps(plan.runtime.contents)
    for (index, instruction) in steps.instructions.enumerated() where !instruction.isDescription {
      var other = ContainerSteps(.debian)
      for (place, one) in steps.instructions.enumerated() {
        other.add(place == index ? .workdir("/elsewhere") : one)
      }
      #expect(try other.recipeText != steps.recipeText, "\(instruction)")
    }
    var described = steps
    described.comment("Made by another version")
    described.add(.label([.init("io.kiln.version", "2")]))
    #expect(try described.recipe == steps.recipe)
    var more = steps
    more.file(.init(path: "/etc/more", content: []))
    #expect(try more.recipe != steps.recipe)
  }

  /// What the lowerings are is decided by whoever resolves: a change of one changes tags.
  @Test func aChangeOfALoweringChangesTags() throws {
    let sample = try Self.sample()
    let spec = try #require(sample.plans.first).spec
    func resolve(_ recipes: any RecipeDigests) throws -> EnvironmentPlan {
      let resolver = PlanResolver(definitions: sample.definitions, registry: nil, recipes: recipes) { _, location in
        .failure(DiagnosticsError([Diagnostic("spec.missing-path", "there are no files", at: location)]))
      }
      return try #require(resolver.resolve(spec).plan)
    }
    let (old, new) = (try resolve(ImageRecipes()), try resolve(OtherLowering()))
    #expect(old.runtime.id != new.runtime.id)
    let change = FleetChange(from: [old], to: [new], since: "v1", sources: [:])
    let reasons = change.images.map { "\($0.kind.rawValue) \($0.name): \($0.reasons.joined(separator: "; "))" }
    #expect(
      reasons.sorted() == [
        "app app: runtime \(old.runtime.id) → \(new.runtime.id)", "machine machine: how Kiln makes machines",
        "runtime \(new.runtime.id): how Kiln makes runtimes", "service mariadb: how Kiln makes services",
        "service redis: how Kiln makes services",
      ], "\(reasons)")
    let same = FleetChange(from: [old], to: [try resolve(ImageRecipes())], since: "v1", sources: [:])
    #expect(same.images.isEmpty)
  }

  /// The same lowerings in other words.
  private struct OtherLowering: RecipeDigests {
    private func other(_ digest: ContentDigest) -> ContentDigest { ContentDigest(of: "other \(digest)") }

    func runtime(_ contents: RuntimePlan.Contents) throws(RecipeError) -> ContentDigest {
      other(try ImageRecipes().runtime(contents))
    }
    func service(
      _ contents: ServicePlan.Contents, on base: BaseDefinition
    ) throws(RecipeError) -> ContentDigest { other(try ImageRecipes().service(contents, on: base)) }
    func app(_ app: AppPlan, of plan: EnvironmentPlan) throws(RecipeError) -> ContentDigest {
      other(try ImageRecipes().app(app, of: plan))
    }
    func machine(_ machine: MachinePlan, of plan: EnvironmentPlan) -> ContentDigest {
      other(ImageRecipes().machine(machine, of: plan))
    }
  }

  @Test func whatOnlyTheMachineDoesChangesTheMachineAlone() throws {
    #expect(try Self.changed(("creates: /opt/thing", "creates: /opt/other")) == ["machine"])
    #expect(try Self.changed(("container: images}}", "container: others}}")) == ["machine"])
  }

  @Test(arguments: [
    ("how many run", "capacity: 2", "capacity: 3"), ("the size that bakes", "Standard_DS2_v2", "Standard_DS3_v2"),
    ("quoted text", "APP_ENV: production", "APP_ENV: \"production\""), ("a quoted number", "DEBUG: 1", "DEBUG: \"1\""),
    ("the order of variables", "APP_ENV: production, DEBUG: 1", "DEBUG: 1, APP_ENV: production"),
    ("the order of a parameter's keys", "a: \"1\", b: \"2\"", "b: \"2\", a: \"1\""),
    ("a default that is written down", "port: 80", "workdir: /var/www/app, port: 80"),
    ("a page that is checked", "port: 80", "port: 80, checks: [{path: /x}]"),
    ("a summary", "summary: One", "summary: 1st"),
  ]) func nothingIsRetaggedBy(_ name: String, _ old: String, _ new: String) throws {
    #expect(try Self.changed((old, new)) == [], "\(name)")
    // Nor does `kiln plan --since` say that anything would be built.
    let change = FleetChange(
      from: [try Self.plan()], to: [try Self.plan([(old, new)])], since: "v1", sources: [:])
    #expect(change.images.isEmpty, "\(name): \(change.text)")
  }

  @Test func testsWhoseSourcesChangedRunAgain() throws {
    let plan = try Self.plan()
    for (reasons, concerned) in [(["tests/smoke: a changed"], [plan.customer]), ([], [])] {
      let change = FleetChange(
        from: [plan], to: [plan], since: "v1", sources: [plan.customer: ["test-smoke": reasons]])
      #expect(change.images.isEmpty && change.concerned == concerned)
    }
  }

  @Test func aProfileOrTheOrderOfFilesChangesNothing() throws {
    let whole = SampleWorkspace(Self.spec, components: ["one": Self.component])
    let (runtime, rest) = (Self.spec.components(before: "app:"), Self.spec.components(from: "app:"))
    let split = SampleWorkspace(
      "profile: p\n" + rest, components: ["one": Self.component],
      files: ["profiles/p.yaml": "version: 1\n# a comment\n" + runtime])
    try #require(whole.problems.isEmpty && split.problems.isEmpty, "\(split.problems)")
    #expect(try Self.digests(#require(whole.plans.first)) == Self.digests(#require(split.plans.first)))
  }

  @Test func noContextNamesAVersionOfKiln() throws {
    for (path, text) in try Self.sample().generated() {
      #expect(!text.contains("io.kiln.generator") && !text.contains("Generated by kiln"), "\(path)")
    }
  }

  @Test func aValueThatNoDockerfileCarriesIsReportedWithItsPlace() throws {
    let sample = SampleWorkspace(
      "runtime: {base: odd}\n",
      files: [
        "components/odd.yaml": """
        kind: base
        summary: Odd
        image: "debian:12"
        family: debian
        azure: {publisher: p, offer: o, sku: s}
        """
      ])
    #expect(sample.problems.isEmpty, "\(sample.problems)")
    let contents = try #require(sample.plans.first).runtime.contents
    var steps = ImageLowering().steps(contents)
    let place = SourceLocation(file: "environments/acme.yaml", line: 4, column: 3)
    steps.origin = .init(location: place, step: SourceLocation(file: "components/odd.yaml", line: 9, column: 5))
    steps.add(.workdir("a\nb"))
    let error = #expect(throws: RecipeError.self) { try steps.recipe }
    #expect(error?.location == place && error?.step?.file == "components/odd.yaml")
    #expect(error?.message.contains("line break") ?? false)
  }
}

extension String {
  fileprivate func components(before text: String) -> String {
    String(self[..<(firstRange(of: text)?.lowerBound ?? endIndex)])
  }
  fileprivate func components(from text: String) -> String {
    String(self[(firstRange(of: text)?.lowerBound ?? endIndex)...])
  }
}
