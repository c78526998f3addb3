import ArgumentParser
import KilnArtifacts
import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnFleet
import KilnGeneration
import KilnPacker
import KilnPlan
import KilnSpec
import KilnWorkspace

enum PlanFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json, dot, svg, html, markdown, gitlab
  case githubMatrix = "github-matrix"
  case azureMatrix = "azure-matrix"

  static let plan: [Self] = [.text, .json]
  static let fleet: [Self] = [.text, .json, .dot, .svg, .html]
  static let since: [Self] = [.text, .json, .markdown, .githubMatrix, .azureMatrix, .gitlab]
}

struct PlanCommand: KilnSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Print the resolved specs, the runtimes of the fleet, or what a change costs.",
    discussion: """
      Examples:
        kiln plan acme                 each value with its file and line
        kiln plan --format json        for programs; keys sorted, schemaVersion 1
        kiln plan --fleet              runtimes, which customers use each, and
                                       those that are nearly the same
        kiln plan --fleet --format html > fleet.html
        kiln plan --since main         the images that would be built since then
        kiln plan --since main... --format markdown
                                       what this branch changes, for a pull request
        kiln plan --since HEAD~1 --format github-matrix --kind app,service

      Formats: text and json; with --fleet dot, svg and html; with --since markdown,
      github-matrix, azure-matrix and gitlab. --since takes a commit, NAME... for
      where HEAD went off from NAME, or the folder of another workspace.
      """)

  @OptionGroup var options: WorkspaceOptions
  @Flag(help: "The runtimes of the fleet.") var fleet = false
  @Option(help: ArgumentHelp("What would be built since then.", valueName: "commit or folder")) var since: String?
  @Option(
    help: ArgumentHelp(
      "With --since, only these images: runtime, app, service, machine; separated by commas.", valueName: "kinds"))
  var kind: String?
  @Option(help: "text, json, and others that the examples name.") var format: PlanFormat = .text
  @Argument(help: "Customers; all when none is named.") var customers: [String] = []

  private var kinds: [FleetChange.Kind]? {
    guard let kind else { return FleetChange.Kind.allCases }
    let names = kind.split(separator: ",").map { FleetChange.Kind(rawValue: String($0)) }
    return names.contains(nil) || names.isEmpty ? nil : names.compactMap { $0 }
  }

  func validate() throws {
    if fleet, since != nil { throw ValidationError("--fleet and --since are two questions: ask one") }
    if since?.isEmpty == true {
      throw ValidationError("--since takes a commit, or the folder of another workspace, as in ../before")
    }
    if kind != nil, since == nil { throw ValidationError("--kind goes with --since") }
    if kinds == nil { throw ValidationError("--kind takes runtime, app, service, machine, separated by commas") }
    let formats = fleet ? PlanFormat.fleet : since == nil ? PlanFormat.plan : PlanFormat.since
    guard formats.contains(format) else {
      let question = fleet ? "--fleet" : since == nil ? "a plan" : "--since"
      throw ValidationError(
        "\(question) has no format \(format.rawValue), but \(formats.map(\.rawValue).joined(separator: ", "))")
    }
  }

  var color: ColorChoice { options.color }

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: customers)
    try context.stopOnErrors(loaded)
    if fleet {
      if format == .json { return context.console.output(json: FleetOverview(loaded.plans).document) }
      return context.console.output(overview(loaded.plans))
    }
    if let since {
      let earlier = try await EarlierWorkspace.read(since, for: loaded, options.workers, context)
      let asked = Set(customers)
      let past = earlier.plans.filter { asked.isEmpty || asked.contains($0.customer) }
      let change = FleetChange(
        from: past, to: loaded.plans, since: since, sources: earlier.sources, notes: earlier.notes)
      let shown = change.only(kinds ?? [])
      if format == .json { return context.console.output(json: shown.document) }
      return context.console.output(rendered(shown))
    }
    let documents = loaded.plans.map { PlanDocument(plan: $0) }
    switch format {
    case .json:
      let root: DocumentValue = ["environments": .list(documents.map(\.json)), "schemaVersion": 1]
      context.console.output(json: root)
    default: context.console.output(documents.map(\.text).joined(separator: "\n"))
    }
  }

  private func overview(_ plans: [EnvironmentPlan]) -> String {
    switch format {
    case .dot: FleetGraph(plans).dot
    case .svg: FleetGraph(plans).svg
    case .html: FleetGraph(plans).html
    default: FleetOverview(plans).text
    }
  }

  private func rendered(_ change: FleetChange) -> String {
    func matrix(limit: Int = BuildMatrix.limit) -> BuildMatrix {
      BuildMatrix(change.images, limit: limit) { image in
        switch (image.kind, image.customer) {
        case (.machine, let customer?): customer
        case (_, let customer?): BakeLowering.target(customer, image.name)
        case (_, nil): BakeLowering.runtime(image.name)
        }
      }
    }
    switch format {
    case .markdown: return change.markdown
    case .githubMatrix: return matrix().github
    case .azureMatrix: return matrix().azure
    case .gitlab:
      return matrix(limit: 500).gitlab { kind in
        if kind == .machine { return [#"for customer in $KILN_TARGETS; do kiln bake "$customer"; done"#] }
        return [
          "kiln generate --check", "kiln pack --folders --quiet",
          "docker buildx bake -f dist/\(BakeLowering.fileName) --push $KILN_TARGETS",
        ]
      }
    default: return change.text
    }
  }
}

/// A plan as `kiln plan` prints it.
struct PlanDocument {
  let plan: EnvironmentPlan

  var text: String {
    var lines = ["customer \(plan.customer)  (\(plan.spec.file))", "  spec digest  \(plan.specDigest)"]
    lines.append("  runtime      \(plan.runtimeImage)")
    lines.append("    base       \(plan.base.name): \(plan.base.image)")
    for component in plan.runtime.components {
      lines.append("    \(component.name): \(component.summary)  (\(component.origin.text))")
      for parameter in component.parameters {
        lines.append(
          "      \(parameter.name) = \(Self.shown(Self.document(parameter.value)))  (\(parameter.isDefault ? "default, " : "")\(parameter.value.location.text))"
        )
      }
      for step in component.steps { lines.append("      - \(step.summary)") }
    }
    if plan.spec.app != nil {
      lines.append("  app          \(plan.appRepository) on it; its tag is the digest of what is packed")
    }
    for service in plan.services {
      lines.append(
        "  \(service.name)  \(plan.image(of: service))  (\(service.origin.text))"
      )
    }
    lines += machineLines
    lines.append("  values")
    lines += plan.spec.settings.map {
      "    \($0.path) = \(Self.shown(Self.document($0.value)))  (\($0.location.text))"
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private var machineLines: [String] {
    guard let machine = plan.spec.machine, let digest = plan.machineDigest else { return [] }
    var lines = ["  machine      \(digest)"]
    if let azure = machine.azure {
      lines.append(
        "    azure-arm  \(azure.location.value), \(azure.size.value), generation \(azure.generation.value); \(azure.capture.summary)"
      )
      if let set = azure.scaleSet {
        lines.append("    scale set  \(set.name.value), \(Phrase.count(set.capacity, "machine"))")
      }
    } else {
      lines.append("    docker     an image of the machine")
    }
    if !machine.services.isEmpty { lines.append("    services   \(Phrase.list(machine.services.map(\.value)))") }
    for use in machine.parameters?.uses ?? [] {
      lines.append(
        "    parameter  \(use.name) = \(use.kind?.rawValue ?? "secret \(use.secret ?? "")")  (\(use.location.text))")
    }
    return lines
  }

  private var machineJSON: DocumentValue {
    guard let machine = plan.spec.machine, let digest = plan.machineDigest else { return .null }
    return [
      "digest": .string(digest.description), "builders": .list(machine.builders.map { .string($0.rawValue) }),
      "artifacts": .list(machine.builders.flatMap { machine.kinds(of: $0) }.map { .string($0.rawValue) }),
      "services": .list(machine.services.map { .string($0.value) }),
    ]
  }

  var json: DocumentValue {
    [
      "customer": .string(plan.customer), "file": .string(plan.spec.file),
      "specDigest": .string(plan.specDigest.description),
      "base": ["name": .string(plan.base.name), "image": .string(plan.base.image)],
      "runtime": [
        "id": .string(plan.runtime.id), "image": .string(plan.runtimeImage.description),
        "digest": .string(plan.runtime.digest.description),
        "components": .list(plan.runtime.components.map(json)),
        "environment": .map(DocumentMap(plan.runtime.environment.map { ($0.name, .string($0.value)) })),
      ],
      "app": plan.spec.app == nil ? .null : ["repository": .string(plan.appRepository.description)],
      "machine": machineJSON,
      "services": .list(
        plan.services.map { service in
          [
            "name": .string(service.name), "repository": .string(plan.image(of: service).repository.description),
            "digest": .string(service.digest.description), "origin": .string(service.origin.text),
          ]
        }),
      "values": .list(
        plan.spec.settings.map { setting in
          [
            "path": .string(setting.path.description), "value": Self.document(setting.value),
            "setBy": .string(setting.location.text),
          ]
        }),
    ]
  }

  private func json(_ component: ComponentPlan) -> DocumentValue {
    [
      "name": .string(component.name), "origin": .string(component.origin.text),
      "parameters": .list(
        component.parameters.map { parameter in
          [
            "name": .string(parameter.name), "value": Self.document(parameter.value),
            "isDefault": .bool(parameter.isDefault),
            "setBy": .string(parameter.value.location.text),
          ]
        }),
      "steps": .list(
        component.steps.map { step in
          [
            "summary": .string(step.summary), "only": step.only.map { .string($0.rawValue) } ?? .null,
            "origin": .string(step.origin.text),
          ]
        }),
    ]
  }

  private static func document(_ node: SpecNode) -> DocumentValue {
    switch node.content {
    case .scalar: document(SpecSetting.Value(node))
    case .list(let items): .list(items.map(document))
    case .map(let entries): .map(DocumentMap(entries.map { ($0.key, document($0.value)) }))
    }
  }

  private static func document(_ value: SpecSetting.Value) -> DocumentValue {
    switch value {
    case .text(let text): .string(text)
    case .integer(let integer): .integer(integer)
    case .decimal(let decimal): .decimal(decimal)
    case .boolean(let boolean): .bool(boolean)
    case .emptyList: .list([])
    case .emptyMap: .map(DocumentMap())
    }
  }

  private static func shown(_ document: DocumentValue) -> String {
    JSONRenderer(indent: 0).render(document).trimmingSuffix(while: \.isNewline)
  }
}

extension EnvironmentSpec.AzureName {
  fileprivate var shown: String {
    switch self {
    case .text(let text): text.value
    case .variable(let variable): "$\(variable.value)"
    }
  }
}

extension EnvironmentSpec.Capture {
  fileprivate var summary: String {
    switch self {
    case .vhd(let group, let account, let container):
      "a VHD in \(account.shown)/\(container.shown), resource group \(group.shown)"
    case .managedImage(let group, let name): "the managed image \(name.value), resource group \(group.shown)"
    case .gallery(let group, let gallery, let image, let version, _):
      "version \(version.value) of \(image.value) in the gallery \(gallery.value), resource group \(group.shown)"
    }
  }
}

extension String {
  fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> String {
    var text = self[...]
    while let last = text.last, predicate(last) { text.removeLast() }
    return String(text)
  }
}
