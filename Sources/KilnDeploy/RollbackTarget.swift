import KilnDiagnostics
import KilnDocuments
import KilnKubernetes

/// Which earlier release comes back.
enum RollbackTarget {
  static func choose(_ number: Int?, among releases: [StoredRelease], namespace: String) throws -> StoredRelease {
    let good = releases.filter { $0.record.outcome == .deployed }
    let numbers = good.map { String($0.record.number) }
    if let number {
      if let found = good.first(where: { $0.record.number == number }) { return found }
      let isKnown = releases.contains { $0.record.number == number }
      throw CommandError(
        "deploy.no-release",
        isKnown
          ? "release \(number) of namespace \(namespace) did not succeed"
          : "namespace \(namespace) remembers no release \(number)",
        help: numbers.isEmpty
          ? "no release has succeeded there yet" : "releases that succeeded: \(Phrase.list(numbers))")
    }
    guard let target = good.dropLast().last else {
      throw CommandError(
        "deploy.no-release", "namespace \(namespace) has no earlier release that succeeded",
        help: numbers.isEmpty ? "no release has succeeded there yet" : "only release \(numbers[0]) has")
    }
    return target
  }

  /// The values of Secrets are in no record: those that the release read must still be there.
  static func checkSecrets(_ target: StoredRelease, _ live: LiveObjects) throws {
    let missing = target.record.secrets.values.filter { live[SecretValues.id($0)] == nil }.sorted()
    guard missing.isEmpty else {
      throw CommandError(
        "deploy.no-release",
        "release \(target.record.number) read Secrets that are gone: \(Phrase.list(missing))",
        help: "check out its commit and deploy that: `kiln deploy` fills Secrets from the environment")
    }
  }
}
