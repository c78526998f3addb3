import KilnConsole
import KilnDiagnostics
package import KilnDocuments
package import KilnPlan
import KilnProcesses
import KilnSpec

/// The volumes of an environment on this machine, and what they hold.
package struct EnvironmentVolumes: Sendable {
  package struct Volume: Sendable, Equatable {
    /// As the spec calls it.
    package let name: String
    /// Nil for one that the spec does not name, as what follows.
    package var path: String?
    package var owner: String?
    package var storage: String?
    /// Nil for one that is not made yet, as what follows.
    package var bytes: Int?
    package var files: Int?
    package var isInUse = false
    package var isInSpec: Bool { path != nil }
    package var isMade: Bool { files != nil }
  }

  package let customer: String
  package let volumes: [Volume]

  package var document: DocumentValue {
    func text(_ value: String?) -> DocumentValue { value.map { .string($0) } ?? .null }
    func number(_ value: Int?) -> DocumentValue { value.map { .integer($0) } ?? .null }
    return [
      "schemaVersion": 1, "customer": .string(customer),
      "volumes": .list(
        volumes.map { volume in
          [
            "name": .string(volume.name), "path": text(volume.path), "owner": text(volume.owner),
            "storage": text(volume.storage), "bytes": number(volume.bytes), "files": number(volume.files),
            "inUse": .bool(volume.isInUse), "inSpec": .bool(volume.isInSpec), "made": .bool(volume.isMade),
          ]
        }),
    ]
  }

  package var text: String {
    volumes.map { volume in
      var parts: [String] = []
      if let path = volume.path {
        parts.append("\(path) of \(volume.owner ?? "root")")
      } else {
        parts.append("not in the spec")
      }
      if let storage = volume.storage { parts.append("\(storage) asked for") }
      if let files = volume.files, let bytes = volume.bytes {
        parts.append("\(Phrase.count(files, "file")), \(Phrase.amount(bytes))")
        parts.append(volume.isInUse ? "in use" : "not in use")
      } else {
        parts.append("not made yet")
      }
      return "\(volume.name): \(parts.joined(separator: ", "))\n"
    }.joined()
  }
}

extension LocalEnvironment {
  package func volumes(of plan: EnvironmentPlan) async throws -> EnvironmentVolumes {
    let parts = plan.dataParts
    let made = try await ownVolumes(of: plan)
    var volumes = parts.map { part in
      EnvironmentVolumes.Volume(
        name: part.volume.name, path: part.volume.path, owner: plan.owner(of: part), storage: part.volume.storage)
    }
    volumes += made.filter { name in !parts.contains { $0.volume.name == name } }.map { .init(name: $0) }
    let there = volumes.indices.filter { made.contains(volumes[$0].name) }
    if !there.isEmpty {
      let names = there.map { engineName(ofVolume: volumes[$0].name) }
      // A file with several names counts by each.
      let script = """
        for folder in \(names.indices.map(VolumeContainer.place).joined(separator: " ")); do
          find "$folder" -type f -exec stat -c %s {} + | awk '{ sum += $1 } END { printf "%d %.0f\\n", NR, sum }'
        done
        """
      let lines = try await VolumeContainer(self, of: plan).output(script, of: names).split(separator: "\n")
      for (index, line) in zip(there, lines) {
        let numbers = line.split(separator: " ").compactMap { Int($0) }
        guard numbers.count == 2 else { continue }
        (volumes[index].files, volumes[index].bytes) = (numbers[0], numbers[1])
        volumes[index].isInUse = try await isInUse(volumes[index].name)
      }
    }
    return EnvironmentVolumes(customer: customer, volumes: volumes)
  }

  /// As the engine calls a volume of the spec.
  package func engineName(ofVolume name: String) -> String { "\(project.name)_\(name)" }

  /// The volumes that the engine has of the environment, as the spec calls them, sorted; stops as `ownObjects` does.
  package func ownVolumes(of plan: EnvironmentPlan) async throws -> [String] {
    let objects = try await ownObjects(volumes: plan.dataParts.map(\.volume.name))
    let prefix = engineName(ofVolume: "")
    return objects.filter { $0.kind == .volume && $0.name.hasPrefix(prefix) }
      .map { String($0.name.dropFirst(prefix.count)) }.sorted()
  }

  private func isInUse(_ volume: String) async throws -> Bool {
    let containers = try await context.docker.tool.output([
      "ps", "--quiet", "--filter", "volume=\(engineName(ofVolume: volume))",
    ])
    return !containers.output.isEmpty
  }
}

extension EnvironmentPlan {
  /// The account that owns the files of a part.
  fileprivate func owner(of part: DataPart) -> String? {
    if let service = part.service { return service.definition.user }
    for app in apps {
      for volume in app.spec.volumes where Self.volume(volume.name.value, of: app.name) == part.volume.name {
        return volume.owner?.value ?? app.spec.user.value
      }
    }
    return nil
  }
}
