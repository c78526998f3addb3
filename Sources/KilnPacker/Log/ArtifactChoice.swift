/// Chooses one artifact of a report, or says why none can be chosen.
public struct ArtifactChoice: Sendable {
  public struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, one line.
    public let reason: String
    /// What would choose, one line.
    public let help: String?
    /// What was found, a line each.
    public let found: [String]

    public init(reason: String, help: String?, found: [String]) {
      self.reason = reason
      self.help = help
      self.found = found
    }

    public var description: String { reason }
  }

  private let report: PackerReport
  private let build: String?

  /// - Parameter build: The only build that counts; all count without.
  public init(_ report: PackerReport, build: String? = nil) {
    self.report = report
    self.build = build
  }

  /// The builds that count, all of them finished.
  /// - Throws: When the log has no end, a build failed, or there is no build of that name.
  public func builds() throws(Failure) -> [PackerReport.Build] {
    var builds = report.builds
    if let build {
      builds = builds.filter { $0.name == build }
      if builds.isEmpty {
        throw failure(
          "there is no build \"\(build)\" in the log",
          "--build takes one of: \(report.builds.map(\.name).joined(separator: ", "))")
      }
    }
    if report.outcome == .unknown {
      throw failure(
        "the log stops before Packer's summary, so it is not known whether the build succeeded",
        "give the whole log of a build that has ended")
    }
    if let failed = builds.first(where: { $0.outcome == .failure }) {
      let error =
        failed.error.map { ": \(SASRedaction.redacted(String($0.split(separator: "\n").first ?? "")))" } ?? ""
      throw failure(
        "build \"\(failed.name)\" failed\(error)",
        report.runs > 1
          ? "the log has \(report.runs) runs of Packer; give only the part of the last run"
          : report.builds.contains { $0.outcome == .success } ? "--build chooses one that did not" : nil)
    }
    if report.outcome == .failure, build == nil { throw failure("the run failed", nil) }
    return builds
  }

  /// The kind that `name` names.
  /// - Throws: When there is no such kind.
  public func kind(_ name: String) throws(Failure) -> ArtifactKind {
    if let kind = ArtifactKind(rawValue: name) { return kind }
    _ = try builds()
    throw failure("the log has no artifact of kind \(name)", "--kind takes what was found")
  }

  /// The only artifact of `kind`.
  public func artifact(_ kind: ArtifactKind) throws(Failure) -> PackerArtifact {
    let builds = try builds()
    var matches: [(build: String, artifact: PackerArtifact)] = []
    var seen: Set<PackerArtifact> = []
    for build in builds {
      for artifact in build.artifacts where artifact.kind == kind && seen.insert(artifact).inserted {
        matches.append((build.name, artifact))
      }
    }
    guard let match = matches.first else {
      throw failure("the log has no artifact of kind \(kind)", "--kind takes what was found")
    }
    if matches.count > 1 {
      let isAcross = Set(matches.map(\.build)).count > 1
      throw failure(
        "the log has \(matches.count) artifacts of kind \(kind)",
        report.runs > 1
          ? "the log has \(report.runs) runs of Packer; give only the part of the last run"
          : isAcross ? "--build NAME chooses one build" : nil)
    }
    return match.artifact
  }

  /// The URI or id of the only artifact of `kind`, never one that is masked or unknown.
  public func reference(_ kind: ArtifactKind) throws(Failure) -> String {
    guard let reference = try artifact(kind).reference, !reference.isEmpty else {
      throw failure("the log does not have the id of the \(kind)", nil)
    }
    switch WithheldText(reference) {
    case .unknown: throw failure("Packer printed UNKNOWN ID for the \(kind)", "look for the image where it was made")
    case .masked:
      throw failure("the \(kind)'s value is masked in the log: \(reference)", "give a log that was not masked")
    case nil: break
    }
    return reference
  }

  private static let limit = 50

  private func failure(_ reason: String, _ help: String?) -> Failure {
    var found = report.builds.prefix(Self.limit).flatMap { build in
      let artifacts = build.artifacts.prefix(Self.limit).map {
        "\(build.name): \($0.kind) \(SASRedaction.redacted($0.reference ?? ""))"
      }
      return (artifacts.isEmpty ? ["\(build.name): \(build.outcome.rawValue)"] : artifacts)
        + build.refused.map { "\(build.name): \($0)" }
    }
    if found.count > Self.limit { found[Self.limit...] = ["and \(found.count - Self.limit) more"] }
    return Failure(reason: reason, help: help, found: found)
  }
}
