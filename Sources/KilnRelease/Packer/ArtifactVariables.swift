import KilnConsole
import KilnDocuments
package import KilnPacker

/// What a report hands on to a CI system, as variables: nothing that is masked, would be a command, or holds a signature
/// that nobody asked for.
package struct ArtifactVariables: Sendable {
  package struct Variable: Sendable, Equatable {
    package let name: String
    package let value: String
  }

  package struct Field: Sendable {
    package let name: String
    package let value: String?
  }

  package let report: PackerReport
  /// Whether a variable can have no second line.
  package let isOneLine: Bool
  package let showsSecrets: Bool

  package init(report: PackerReport, isOneLine: Bool, showsSecrets: Bool) {
    self.report = report
    self.isOneLine = isOneLine
    self.showsSecrets = showsSecrets
  }

  /// Those of every artifact, and what is said about those that are left out.
  package func all(build: String?) throws(ArtifactChoice.Failure) -> (variables: [Variable], notes: [String]) {
    let builds = report.builds.filter { build == nil || $0.name == build }
    var result: [Variable] = []
    var notes: [String] = []
    for artifact in builds.flatMap(\.artifacts) {
      let own = try variables(artifact, prefix: Self.name(artifact.kind.rawValue) + "_", &notes)
      if let twice = own.first(where: { variable in result.contains { $0.name == variable.name } }) {
        throw ArtifactChoice.Failure(
          reason: "more than one \(artifact.kind) would be \"\(twice.name)\"",
          help: "--build NAME chooses one build; --format json lists all", found: found)
      }
      result += own
    }
    return (result, notes)
  }

  /// Those of one artifact.
  /// - Parameter reference: Its URI or id.
  package func one(
    _ kind: ArtifactKind, _ reference: String, _ choice: ArtifactChoice
  ) throws(ArtifactChoice.Failure) -> (variables: [Variable], notes: [String]) {
    try refuseSigned(reference, kind)
    var notes: [String] = []
    let variables = try variables(try choice.artifact(kind), prefix: "", &notes)
    return (variables, notes)
  }

  /// Stops where a value must not be printed alone.
  package func refuse(_ reference: String, of kind: ArtifactKind) throws(ArtifactChoice.Failure) {
    try refuseSigned(reference, kind)
    guard let problem = problem(reference) else { return }
    throw ArtifactChoice.Failure(
      reason: "the \(kind)'s value \(problem.reason)", help: problem.help ?? "--format json prints it", found: found)
  }

  private var found: [String] {
    report.builds.flatMap { build in
      build.artifacts.map { "\(build.name): \($0.kind) \(SASRedaction.redacted($0.reference ?? ""))" }
    }
  }

  /// A signature is not redacted where its value is used: what is printed must work, or not be printed.
  private func refuseSigned(_ reference: String, _ kind: ArtifactKind) throws(ArtifactChoice.Failure) {
    guard SASRedaction.isSigned(reference), !showsSecrets else { return }
    throw ArtifactChoice.Failure(
      reason: "the \(kind)'s URI holds a shared access signature", help: "use --show-secrets to include it",
      found: found)
  }

  /// The artifact's fields as a CI system's variables: the one it is used by must be real, others are left out.
  private func variables(_ artifact: PackerArtifact, prefix: String, _ notes: inout [String])
    throws(ArtifactChoice.Failure) -> [Variable]
  {
    var variables: [Variable] = []
    for field in Self.fields(artifact) {
      guard let value = field.value else { continue }
      let problem = problem(value)
      if let problem, value == artifact.reference {
        throw ArtifactChoice.Failure(
          reason: "the \(artifact.kind)'s \(field.name) \(problem.reason)", help: problem.help, found: found)
      }
      if let problem {
        notes.append(
          "\(artifact.kind): \(field.name) is left out: it \(problem.reason)\(problem.help.map { "; \($0)" } ?? "")")
      } else {
        variables.append(Variable(name: prefix + field.name, value: value))
      }
    }
    return variables
  }

  /// Why a value is not handed on.
  private func problem(_ value: String) -> (reason: String, help: String?)? {
    switch WithheldText(value) {
    case .masked: return ("is masked in the log", nil)
    case .unknown: return ("is UNKNOWN ID in the log", nil)
    case nil: break
    }
    if !showsSecrets, SASRedaction.isSigned(value) {
      return ("holds a shared access signature", "use --show-secrets to include it")
    }
    if Relayed.hasControls(value) { return ("has control characters in it", "--format json prints it") }
    if Relayed.isCommand(value) { return ("would be a command to a CI system", nil) }
    if isOneLine, value.hasLineBreak { return ("has several lines", "--format json or github can write it") }
    return nil
  }

  package static func fields(_ artifact: PackerArtifact) -> [Field] {
    switch artifact {
    case .vhd(let vhd):
      [
        Field(name: "osDiskUri", value: vhd.osDiskUri),
        Field(name: "osDiskUriReadOnlySas", value: vhd.osDiskUriReadOnlySas),
        Field(name: "templateUri", value: vhd.templateUri),
        Field(name: "templateUriReadOnlySas", value: vhd.templateUriReadOnlySas),
        Field(name: "storageAccountLocation", value: vhd.storageAccountLocation),
      ] + vhd.additionalDisks.enumerated().map { Field(name: "dataDiskUri\($0.offset + 1)", value: $0.element.uri) }
    case .managedImage(let id, let name, let group, let location):
      [
        Field(name: "id", value: id), Field(name: "name", value: name), Field(name: "resourceGroup", value: group),
        Field(name: "location", value: location),
      ]
    case .galleryImage(let id), .dockerImage(let id): [Field(name: "id", value: id)]
    case .disk(let uri): [Field(name: "osDiskUri", value: uri)]
    case .ami(let region, let id): [Field(name: "id", value: id), Field(name: "region", value: region)]
    case .other(let text): [Field(name: "text", value: text)]
    }
  }

  private static func name(_ kind: String) -> String { kind.substituting("-", with: "_") }
}
