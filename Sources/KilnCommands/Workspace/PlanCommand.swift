import ArgumentParser
import KilnArtifacts
import KilnDiagnostics
import KilnDocuments
import KilnPlan
import KilnSpec

enum PlanFormat: String, ExpressibleByArgument, CaseIterable { case text, json }

struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Print what the specs come to: images, steps, digests, and what set each value.",
    discussion: """
      Examples:
        kiln plan acme                     flattened, with file and line of each value
        kiln plan --format json | jq .     for programs; keys sorted, schemaVersion 1
      """)

  @OptionGroup var options: WorkspaceOptions
  @Option(help: "text or json.") var format: PlanFormat = .text
  @Argument(help: "Customers; all when none is named.") var customers: [String] = []

  func run() async throws { try run(in: .current(color: options.color)) }

  func run(in context: CommandContext) throws {
    let loaded = try context.load(options, customers: customers)
    try context.stopOnErrors(loaded)
    let documents = loaded.plans.map { PlanDocument(plan: $0) }
    switch format {
    case .text: context.console.output(documents.map(\.text).joined(separator: "\n"))
    case .json:
      let root: DocumentValue = ["environments": .list(documents.map(\.json)), "schemaVersion": 1]
      context.console.output(JSONRenderer(sortedKeys: true).render(root))
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
          "      \(parameter.name) = \(Self.shown(parameter.value))  (\(parameter.isDefault ? "default, " : "")\(parameter.value.location.text))"
        )
      }
      for step in component.steps { lines.append("      - \(Self.summary(step))") }
    }
    if plan.spec.app != nil { lines.append("  app          \(plan.appRepository) on it") }
    for service in plan.services {
      lines.append(
        "  \(service.name)  \(plan.repository("\(plan.customer)/\(service.name)")):\(service.digest.hex.prefix(12))  (\(service.origin.text))"
      )
    }
    lines.append("  values")
    lines += values(plan.spec.tree, "").map { "    \($0.path) = \($0.value)  (\($0.place))" }
    return lines.joined(separator: "\n") + "\n"
  }

  var json: DocumentValue {
    [
      "customer": .string(plan.customer), "file": .string(plan.spec.file),
      "specDigest": .string(plan.specDigest.description),
      "base": ["name": .string(plan.base.name), "image": .string(plan.base.image)],
      "runtime": [
        "id": .string(plan.runtime.id), "image": .string(plan.runtimeImage),
        "digest": .string(plan.runtime.digest.description),
        "components": .list(plan.runtime.components.map(json)),
        "environment": .map(DocumentMap(plan.runtime.environment.map { ($0.name, .string($0.value)) })),
      ],
      "app": plan.spec.app == nil ? .null : ["repository": .string(plan.appRepository)],
      "services": .list(
        plan.services.map { service in
          [
            "name": .string(service.name), "repository": .string(plan.repository("\(plan.customer)/\(service.name)")),
            "digest": .string(service.digest.description), "origin": .string(service.origin.text),
          ]
        }),
      "values": .list(
        values(plan.spec.tree, "").map {
          ["path": .string($0.path), "value": .string($0.value), "setBy": .string($0.place)]
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
            "summary": .string(Self.summary(step)), "only": step.only.map { .string($0.rawValue) } ?? .null,
            "origin": .string(step.origin.text),
          ]
        }),
    ]
  }

  private static func document(_ node: SpecNode) -> DocumentValue {
    switch node.content {
    case .scalar(let scalar): .string(scalar.text)
    case .list(let items): .list(items.map(document))
    case .map(let entries): .map(DocumentMap(entries.map { ($0.key, document($0.value)) }))
    }
  }

  private static func shown(_ node: SpecNode) -> String {
    JSONRenderer(indent: 0).render(document(node)).trimmingSuffix(while: \.isNewline)
  }

  private func values(_ node: SpecNode, _ path: String) -> [(path: String, value: String, place: String)] {
    switch node.content {
    case .map(let entries) where !entries.isEmpty:
      entries.flatMap { values($0.value, path.isEmpty ? $0.key : "\(path).\($0.key)") }
    case .list(let items) where !items.isEmpty:
      items.enumerated().flatMap { values($1, "\(path)[\($0)]") }
    default: [(path, Self.shown(node), node.location.text)]
    }
  }

  /// One line for a step.
  static func summary(_ step: PlannedStep) -> String {
    let only = step.only.map { " (\($0.rawValue) only)" } ?? ""
    switch step.step {
    case .packages(let names): return "packages \(names.joined(separator: " "))\(only)"
    case .repository(let repository): return "repository \(repository.name)\(only)"
    case .download(let download): return "download \(download.url)\(only)"
    case .file(let file):
      return "file \(file.path) \(file.mode) sha256:\(ContentDigest(of: file.content).hex.prefix(12))\(only)"
    case .directory(let directory): return "directory \(directory.path) \(directory.mode)\(only)"
    case .user(let user): return "user \(user.name)\(only)"
    case .link(let path, let target): return "link \(path) → \(target)\(only)"
    case .run(let run):
      return "run \(run.script.split(separator: "\n").first ?? "")\(run.creates.map { " → \($0)" } ?? "")\(only)"
    case .environment(let values): return "environment \(values.map(\.name).joined(separator: " "))\(only)"
    case .service(let service): return "service \(service.name)\(only)"
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
