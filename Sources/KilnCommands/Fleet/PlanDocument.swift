import KilnArtifacts
import KilnDiagnostics
import KilnDocuments
import KilnPacker
import KilnPlan
import KilnSpec

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
