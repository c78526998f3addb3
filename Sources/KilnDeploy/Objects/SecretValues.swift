import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnKubernetes

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The values of a plan's Secrets, from the variables of whoever deploys.
struct SecretValues: Sendable {
  /// A Secret of the plan and what it holds, encoded as in the cluster.
  private struct Values {
    let name: String
    let data: DocumentMap
  }

  private let secrets: [Values]
  /// The values themselves, for what hides them.
  private let texts: [String]

  /// - Throws: `deploy.secret` with all variables that are missing or empty.
  init(_ plan: ReleasePlan, in environment: [String: String]) throws {
    var missing: [(variable: String, state: String, places: [String])] = []
    func report(_ variable: String, _ state: String, _ place: String) {
      if let index = missing.firstIndex(where: { $0.variable == variable }) {
        missing[index].places.append(place)
      } else {
        missing.append((variable, state, [place]))
      }
    }
    var texts: [String] = []
    let secrets = plan.secrets.map { secret in
      var data: DocumentMap = [:]
      for entry in secret.entries {
        let value = environment[entry.variable] ?? ""
        let place = "\(entry.key) of \(secret.name)"
        if value.isEmpty {
          report(entry.variable, environment[entry.variable] == nil ? "is not set" : "is empty", place)
        } else if !CommandContext.isText(entry.variable, value) {
          report(entry.variable, "is not UTF-8", place)
        }
        texts.append(value)
        data[entry.key] = .string(Data(value.utf8).base64EncodedString())
      }
      return Values(name: secret.name, data: data)
    }
    guard missing.isEmpty else {
      throw CommandError(
        "deploy.secret", "\(Phrase.count(missing.count, "variable")) with secrets cannot be read",
        details: missing.map { "\($0.variable) \($0.state) (\(Phrase.list($0.places)))" },
        help: "set these variables where `kiln deploy` runs; a pipeline has them as secret variables")
    }
    self.secrets = secrets
    self.texts = texts
  }

  /// Hides these values and those of earlier releases, whose pods may print their own; also as objects hold them.
  func mask(_ live: LiveObjects) -> SecretMask {
    let encoded = secrets.flatMap { $0.data.pairs.compactMap(\.1.textValue) }
    return SecretMask(texts + encoded + Self.texts(of: live))
  }

  /// Hides the values that a namespace's Secrets have.
  static func mask(_ live: LiveObjects) -> SecretMask { SecretMask(texts(of: live)) }

  private static func texts(of live: LiveObjects) -> [String] {
    live.all("Secret").filter { $0["metadata"]?["labels"]?[Labels.secret] != nil }
      .flatMap { $0["data"]?.members.pairs ?? [] }
      .compactMap { $0.1.textValue.flatMap { Data(base64Encoded: $0) }.map { String(decoding: $0, as: UTF8.self) } }
  }

  /// The name of each Secret in the cluster: the last good release's where its values are the same, else a new one.
  func names(for number: Int, after last: ReleaseRecord?, _ live: LiveObjects) -> [String: String] {
    var names: [String: String] = [:]
    for secret in secrets {
      let known = last?.secrets[secret.name]
      let isSame = known.map { live[Self.id($0)]?["data"]?.members.sortedByKey == secret.data.sortedByKey } ?? false
      names[secret.name] = isSame ? known : "\(secret.name)-r\(number)"
    }
    return names
  }

  /// The objects of those Secrets that `names` calls anew, for kubectl's standard input alone.
  func objects(_ names: [String: String], number: Int, _ plan: ReleasePlan) -> [KubernetesObject] {
    secrets.compactMap { secret in
      guard let name = names[secret.name], name == "\(secret.name)-r\(number)" else { return nil }
      var labels = Labels.of(customer: plan.customer, stage: plan.stage)
      labels[Labels.release] = .string(String(number))
      labels[Labels.secret] = .string(secret.name)
      return KubernetesObject(
        "v1", "Secret", name, namespace: plan.namespace, metadata: ["labels": .map(labels)],
        ["immutable": true, "type": "Opaque", "data": .map(secret.data)])
    }
  }

  static func id(_ name: String) -> KubernetesObject.ID { .init(group: "", kind: "Secret", name: name) }
}

extension SecretMask {
  /// Another program's words, of one line, without values: a program may print what it was given.
  func relayed(_ text: String) -> String { masked(Relayed.safe(masked(text))) }
}

extension CommandError {
  /// The same without values in what a program has answered.
  func masked(_ mask: SecretMask) -> CommandError {
    let safe = diagnostics.map {
      Diagnostic(
        $0.id, mask.masked($0.message), severity: $0.severity, at: $0.location, details: $0.details.map(mask.masked),
        suggestion: $0.suggestion, notes: $0.notes)
    }
    return CommandError(safe, kind: kind, hints: hints, sources: sources)
  }
}
