package import KilnDocuments

/// What a cluster's object lacks of what is wanted of it. A server only adds to what it is given: defaults and a state.
package enum ObjectComparison {
  /// Paths that differ, as in `spec.template.spec.containers[0].image`; none where all of `desired` is there.
  package static func differences(_ desired: DocumentValue, _ live: DocumentValue) -> [String] {
    var paths: [String] = []
    compare(desired, live, "", isQuantity: false, &paths)
    return paths
  }

  private static func compare(
    _ desired: DocumentValue, _ live: DocumentValue?, _ path: String, isQuantity: Bool, _ paths: inout [String]
  ) {
    guard let live else {
      if !isEmpty(desired) { paths.append(path) }
      return
    }
    switch (desired, live) {
    case (.map(let desired), .map(let live)):
      for (key, value) in desired.pairs {
        compare(
          value, live[key], path.isEmpty ? key : "\(path).\(key)", isQuantity: isQuantity || quantities.contains(key),
          &paths)
      }
    case (.list(let desired), .list(let live)):
      guard desired.count == live.count else { return paths.append(path) }
      // Servers before autoscaling/v2 put an autoscaler's metrics into another order.
      let isSet = path == "spec.metrics"
      let pairs = isSet ? zip(sorted(desired), sorted(live)) : zip(desired, live)
      for (index, pair) in pairs.enumerated() {
        compare(pair.0, pair.1, "\(path)[\(index)]", isQuantity: isQuantity, &paths)
      }
    default:
      if desired == live || isQuantity && Quantity(desired) == Quantity(live) && Quantity(live) != nil { return }
      paths.append(path)
    }
  }

  private static func sorted(_ values: [DocumentValue]) -> [DocumentValue] {
    values.sorted { $0.canonicalText < $1.canonicalText }
  }

  /// A server does not keep what says nothing.
  private static func isEmpty(_ value: DocumentValue) -> Bool {
    switch value {
    case .null, .bool(false), .integer(0), .string(""): true
    case .list(let items): items.isEmpty
    case .map(let map): map.pairs.allSatisfy { isEmpty($0.1) }
    default: false
    }
  }

  /// Keys below which `1000m` and `1` are the same.
  private static let quantities: Set<String> = [
    "limits", "requests", "hard", "capacity", "sizeLimit", "averageValue", "min", "max", "default", "defaultRequest",
  ]
}

/// An amount as Kubernetes writes it: `500m`, `1Gi`, `0.5`, `1e3`.
struct Quantity: Equatable {
  private let value: Double

  /// `0.7` and `700m` are not the same binary fraction.
  static func == (one: Quantity, other: Quantity) -> Bool {
    abs(one.value - other.value) <= 1e-9 * max(abs(one.value), abs(other.value))
  }

  init?(_ value: DocumentValue) {
    switch value {
    case .integer(let number): self.value = Double(number)
    case .decimal(let number): self.value = number
    case .string(let text):
      let digits = text.prefix { $0.isNumber || "+-.".contains($0) }
      let unit = String(text.dropFirst(digits.count))
      if let factor = Self.factors[unit], let number = Double(digits) {
        self.value = number * factor
      } else if let number = Double(text) {
        self.value = number
      } else {
        return nil
      }
    default: return nil
    }
  }

  private static let factors: [String: Double] = [
    "": 1, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    "Ki": 1024, "Mi": 1_048_576, "Gi": 1_073_741_824, "Ti": 1_099_511_627_776, "Pi": 1_125_899_906_842_624,
  ]
}
