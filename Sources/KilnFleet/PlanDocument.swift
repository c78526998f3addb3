import KilnArtifacts
import KilnDiagnostics
public import KilnDocuments
import KilnPacker
public import KilnPlan
import KilnSpec

/// A plan as `kiln plan` prints it.
public struct PlanDocument: Sendable {
  let plan: EnvironmentPlan

  public init(plan: EnvironmentPlan) { self.plan = plan }

  /// For a person: what is built and run, and each value with the place that sets it.
  public var text: String {
    var lines = ["customer \(plan.customer)  (\(plan.spec.file))", "  spec digest  \(plan.specDigest)"]
    for runtime in plan.runtimes { lines += runtimeLines(runtime) }
    for app in plan.apps { lines += appLines(app) }
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

  private func runtimeLines(_ runtime: RuntimePlan) -> [String] {
    var lines = ["  runtime      \(plan.image(of: runtime))"]
    lines.append("    base       \(runtime.base.name): \(runtime.base.image)")
    for component in runtime.components {
      lines.append("    \(component.name): \(component.summary)  (\(component.origin.text))")
      for parameter in component.parameters {
        lines.append(
          "      \(parameter.name) = \(Self.shown(Self.document(parameter.value)))  (\(parameter.isDefault ? "default, " : "")\(parameter.value.location.text))"
        )
      }
      for step in component.steps { lines.append("      - \(step.summary)") }
    }
    return lines
  }

  private func appLines(_ app: AppPlan) -> [String] {
    let label = app.name.padding(to: 13)
    let runtime = plan.runtimes.count > 1 ? "runtime \(app.runtime.id)" : "it"
    var lines = ["  \(label)\(plan.repository(of: app)) on \(runtime); its tag is the digest of what is packed"]
    for worker in app.spec.workers {
      lines.append(
        "    worker     \(worker.name.value), \(Phrase.count(worker.replicas, "replica"))  (\(worker.name.location.text))"
      )
    }
    for job in app.spec.jobs {
      let time = job.schedule.flatMap { PlannedSchedule($0) }?.words ?? "before a new version serves"
      lines.append("    job        \(job.name.value), \(time)  (\(job.name.location.text))")
    }
    for volume in app.volumes {
      let storage = volume.storage.map { ", \($0)" } ?? ""
      lines.append("    volume     \(volume.name) at \(volume.path)\(storage), of \(volume.owner)")
    }
    return lines
  }

  private var machineLines: [String] {
    guard let machine = plan.spec.machine, let digest = plan.machineDigest else { return [] }
    var lines = ["  machine      \(digest)"]
    if let azure = machine.azure {
      lines.append(
        "    azure-arm  \(azure.location.value), \(azure.size.value), generation \(azure.generation.value); \(azure.capture.summary)"
      )
      if let set = azure.scaleSet {
        lines.append("    scale set  \(set.name.value), \(set.capacity.phrase)")
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

  /// A document for programs; `kiln plan --format json` has one for each customer.
  public var json: DocumentValue {
    [
      "customer": .string(plan.customer), "file": .string(plan.spec.file),
      "specDigest": .string(plan.specDigest.description),
      "base": ["name": .string(plan.base.name), "image": .string(plan.base.image)],
      "runtimes": .list(plan.runtimes.map(json)), "apps": .list(plan.apps.map(json)),
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

  private func json(_ runtime: RuntimePlan) -> DocumentValue {
    [
      "id": .string(runtime.id), "image": .string(plan.image(of: runtime).description),
      "digest": .string(runtime.digest.description), "components": .list(runtime.components.map(json)),
      "environment": .map(DocumentMap(runtime.environment.map { ($0.name, .string($0.value)) })),
    ]
  }

  private func json(_ app: AppPlan) -> DocumentValue {
    [
      "name": .string(app.name), "repository": .string(plan.repository(of: app).description),
      "runtime": .string(app.runtime.id),
      "workers": .list(
        app.spec.workers.map {
          ["name": .string($0.name.value), "command": .strings($0.command.value), "replicas": .integer($0.replicas)]
        }),
      "jobs": .list(
        app.spec.jobs.map { job in
          [
            "name": .string(job.name.value), "command": .strings(job.command.value),
            "schedule": job.schedule.map { .string($0.text.value) } ?? .null,
            "timeZone": job.schedule.map { .string($0.timeZone?.value ?? "UTC") } ?? .null,
            "words": job.schedule.flatMap { PlannedSchedule($0) }.map { .string($0.words) } ?? .null,
          ]
        }),
      "volumes": .list(
        app.volumes.map {
          [
            "name": .string($0.name), "path": .string($0.path), "owner": .string($0.owner),
            "storage": $0.storage.map { .string($0) } ?? .null,
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
  /// With blanks up to a width, at least one.
  fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }

  fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> String {
    var text = self[...]
    while let last = text.last, predicate(last) { text.removeLast() }
    return String(text)
  }
}

extension PlanDocument {
  /// - Parameter format: `customers` for the names alone.
  public static func text(of plans: [EnvironmentPlan], as format: PlanFormat) -> String {
    if format == .customers { return plans.map { "\($0.customer)\n" }.joined() }
    return plans.map { PlanDocument(plan: $0).text }.joined(separator: "\n")
  }
}
