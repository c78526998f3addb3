import KilnDiagnostics
import KilnDocuments
package import KilnPlan
package import KilnSpec

/// A part of what an environment keeps, as a backup has it: an app's volume, or a data service.
package struct DataPart: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    /// The files of a volume.
    case volume
    /// What the service's own program prints.
    case dump(ServiceDefinition.Dump)
  }

  package let kind: Kind
  /// Nil for an app's volume.
  package let service: ServicePlan?
  package let volume: Workload.Volume

  /// As users and backups call it: a service that has a dump by its own name, what has files by the volume's.
  package var name: String {
    if case .dump = kind, let service { return service.name }
    return volume.name
  }

  /// In a backup.
  package var file: String {
    if case .dump(let dump) = kind { return "dumps/\(name).\(dump.suffix)" }
    return "volumes/\(name).tar"
  }

  package var isVolume: Bool { kind == .volume }

  /// By which names a user may mean it.
  fileprivate func isCalled(_ name: String) -> Bool {
    name == self.name || name == volume.name || name == service?.name
  }
}

extension EnvironmentPlan {
  /// All that the environment keeps: its services, then the volumes of its apps.
  package var dataParts: [DataPart] {
    var names: Set<String> = []
    return workloads.flatMap { workload in
      workload.volumes.compactMap { volume -> DataPart? in
        guard names.insert(volume.name).inserted else { return nil }
        let service = workload.kind == .service ? services.first { $0.name == workload.name } : nil
        return DataPart(kind: service.map(Self.kind) ?? .volume, service: service, volume: volume)
      }
    }
  }

  /// A database of which the spec names none has nothing that a dump could be of: its files are all there is.
  private static func kind(of service: ServicePlan) -> DataPart.Kind {
    guard let dump = service.definition.dump, service.access != nil || service.definition.databaseVariable == nil else {
      return .volume
    }
    return .dump(dump)
  }

  /// The parts that a user names; all where none is named.
  package func dataParts(named names: [String]) throws -> [DataPart] {
    let all = dataParts
    let known = all.map(\.name)
    for name in names where !all.contains(where: { $0.isCalled(name) }) {
      let near = nearest(to: name, among: known).map { "did you mean \"\($0)\"?" }
      throw CommandError(
        "data.name", "\(customer) has no volume and no data service \"\(name)\"",
        help: near ?? (known.isEmpty ? "its spec names none" : "there are: \(Phrase.some(known, limit: 10))"))
    }
    let chosen = names.isEmpty ? all : all.filter { part in names.contains(where: part.isCalled) }
    if chosen.isEmpty {
      throw CommandError(
        "data.none", "\(customer) keeps nothing: its spec has neither volumes nor data services",
        help: "`volumes` of an app are folders that outlive its containers")
    }
    return chosen
  }
}

extension ServicePlan {
  /// Of what the service runs, where its definition says it: packages have the base's own.
  package var version: String? {
    var name = "packagesVersion"
    if case .image = source { name = "version" }
    return parameters.first { $0.name == name }?.value.scalar?.text
  }
}
