import KilnArtifacts
public import KilnDocuments
public import KilnPlan
import KilnSpec

/// The runtimes of a fleet, who stands on each, and those that are nearly the same.
public struct FleetOverview: Sendable {
  public struct Runtime: Sendable {
    public let plan: RuntimePlan
    /// Its image with the tag; customers with registries of their own have others.
    public let images: [String]
    /// Sorted.
    public let customers: [String]
  }

  /// Two runtimes that differ in one thing alone.
  public struct NearMiss: Sendable {
    public let first: String
    public let second: String
    public let difference: Difference
    /// How many customers the smaller of the two has: so many apps would be rebuilt to make one of them.
    public let customers: Int
  }

  /// The one with most customers first.
  public let runtimes: [Runtime]
  /// Those that cost least to mend first. Of many that differ in the same thing, each beside the one with most customers.
  public let nearMisses: [NearMiss]
  public let customers: Int
  public let services: Int

  public init(_ plans: [EnvironmentPlan]) {
    var groups: [String: (plan: RuntimePlan, images: Set<String>, customers: [String])] = [:]
    for plan in plans {
      for runtime in plan.runtimes {
        var group = groups[runtime.id] ?? (runtime, [], [])
        group.images.insert(plan.image(of: runtime).description)
        group.customers.append(plan.customer)
        groups[runtime.id] = group
      }
    }
    runtimes = groups.values.map {
      Runtime(plan: $0.plan, images: $0.images.sorted(), customers: $0.customers.sorted())
    }.sorted { ($1.customers.count, $0.plan.id) < ($0.customers.count, $1.plan.id) }
    customers = plans.count
    services = plans.reduce(0) { $0 + $1.services.count }
    var misses: [NearMiss] = []
    for (index, other) in NearMisses.candidates(runtimes.map(\.plan)) {
      let (one, other) = (runtimes[index], runtimes[other])
      let found = RuntimeComparison.differences(one.plan, other.plan)
      guard found.count == 1, let difference = found.first, Self.isSmall(difference) else { continue }
      misses.append(
        NearMiss(
          first: one.plan.id, second: other.plan.id, difference: difference,
          customers: min(one.customers.count, other.customers.count)))
    }
    nearMisses = misses.sorted { ($0.customers, $0.first, $0.second) < ($1.customers, $1.first, $1.second) }
  }

  /// Of a list, one member.
  private static func isSmall(_ difference: Difference) -> Bool {
    difference.members.map { !$0.contains(" ") } ?? true
  }

  public var text: String {
    var lines = ["\(Phrase.count(runtimes.count, "runtime")) for \(Phrase.count(customers, "customer"))"]
    for runtime in runtimes {
      lines.append(
        "\(runtime.plan.id)  \(Phrase.count(runtime.customers.count, "customer")): \(Phrase.some(runtime.customers, limit: 6))"
      )
      lines.append("  \(runtime.plan.summary)")
    }
    if !nearMisses.isEmpty {
      lines.append("nearly the same:")
      for miss in nearMisses {
        lines.append(
          "  \(miss.first) and \(miss.second) differ only by \(miss.difference.contrast); one runtime fewer for \(Phrase.count(miss.customers, "app"))"
        )
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  public var document: DocumentValue {
    [
      "schemaVersion": 1, "customers": .integer(customers),
      "runtimes": .list(
        runtimes.map { runtime in
          [
            "id": .string(runtime.plan.id), "digest": .string(runtime.plan.digest.description),
            "images": .strings(runtime.images), "base": .string(runtime.plan.base.name),
            "components": .strings(runtime.plan.components.map(\.label)), "customers": .strings(runtime.customers),
          ]
        }),
      "nearMisses": .list(
        nearMisses.map { miss in
          [
            "runtimes": .strings([miss.first, miss.second]), "difference": miss.difference.document,
            "customers": .integer(miss.customers),
          ]
        }),
    ]
  }
}

extension Difference {
  /// `php version 8.2/8.3`.
  var contrast: String {
    if let members { return "\(subject) \(members)" }
    switch (old, new) {
    case (let old?, let new?): return "\(subject) \(old)/\(new)"
    case (nil, let new?): return "\(subject)\(new.isEmpty ? "" : " \(new)"), which the second has"
    case (let old?, nil): return "\(subject)\(old.isEmpty ? "" : " \(old)"), which the first has"
    case (nil, nil): return subject
    }
  }
}

extension RuntimePlan {
  /// `debian-12: apache, php 8.2, composer`.
  var summary: String { "\(base.name): " + components.map(\.label).joined(separator: ", ") }
}

extension ComponentPlan {
  /// With its version, and the members of its lists, as in `php 8.2 (mysql, redis)`.
  var label: String {
    let version = parameters.first { $0.name == "version" }?.value.scalar.map { " \($0.text)" } ?? ""
    let members = parameters.filter { !$0.isDefault }.flatMap { $0.value.items ?? [] }.compactMap { $0.scalar?.text }
    return name + version + (members.isEmpty ? "" : " (\(members.joined(separator: ", ")))")
  }
}
