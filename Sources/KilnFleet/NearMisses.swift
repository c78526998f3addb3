import KilnPlan
import KilnSpec

/// Finds runtimes that differ in one thing alone, without comparing each with each.
///
/// A runtime is taken as a sum of what it has. Two that differ in one thing are equal without it, so that each thing is
/// taken away once and what is left is looked up. Sums only propose; `RuntimeComparison` decides.
struct NearMisses {
  /// What a runtime has, under the name of what another may have in its place.
  private struct Part {
    let subject: String
    let hash: Int
  }

  private struct Rest: Hashable {
    let subject: String
    let sum: Int
  }

  /// Pairs of indices into `runtimes`, the first one the lesser. Of many that differ in the same thing, each stands beside
  /// the first of them alone.
  static func candidates(_ runtimes: [RuntimePlan]) -> [(Int, Int)] {
    var whole: [Int: Int] = [:]
    var first: [Rest: Int] = [:]
    var pairs: Set<[Int]> = []
    let things = runtimes.map(things)
    let sums = things.map(\.sum)
    for (index, sum) in sums.enumerated() {
      // The same things in another order.
      if let other = whole[sum] { pairs.insert([other, index]) } else { whole[sum] = index }
    }
    for (index, sum) in sums.enumerated() {
      for part in things[index].parts {
        let rest = Rest(subject: part.subject, sum: sum &- part.hash)
        if let other = first[rest] { pairs.insert([other, index]) } else { first[rest] = index }
        // One that has nothing in its place.
        if let other = whole[rest.sum], other != index { pairs.insert([min(other, index), max(other, index)]) }
      }
    }
    return pairs.map { ($0[0], $0[1]) }.sorted { $0 < $1 }
  }

  /// What can be taken away, and the sum of all: components stand beside what is said of them.
  private static func things(of runtime: RuntimePlan) -> (parts: [Part], sum: Int) {
    func part(_ subject: String, _ value: some Hashable) -> Part {
      var hasher = Hasher()
      hasher.combine(subject)
      hasher.combine(value)
      return Part(subject: subject, hash: hasher.finalize())
    }
    var parts = [part("base", [runtime.base.name, runtime.base.image])]
    parts += runtime.environment.map { part("variable \($0.name)", $0.value) }
    var components: [Part] = []
    for component in runtime.components {
      var own = [part("component \(component.name)", 0)]
      for parameter in component.parameters {
        let subject = "\(component.name) \(parameter.name)"
        if let items = parameter.value.items {
          own += items.map { part("\(subject) \($0.valueHash)", 0) }
        } else {
          own.append(part(subject, parameter.value.valueHash))
        }
      }
      parts += own
      components.append(Part(subject: "all of \(component.name)", hash: own.reduce(0) { $0 &+ $1.hash }))
    }
    return (parts + components, parts.reduce(0) { $0 &+ $1.hash })
  }
}

extension SpecNode {
  /// Equal for values between which there is no `Difference`.
  var valueHash: Int {
    settings.reduce(0) { sum, setting in
      var hasher = Hasher()
      hasher.combine(setting.path)
      hasher.combine(setting.value.text)
      return sum &+ hasher.finalize()
    }
  }
}
