package import KilnAzure
package import KilnConsole
import KilnDiagnostics
package import KilnPacker

/// Where the new values of deployment parameters come from.
package struct ParameterValues: Sendable {
  package typealias Pair = (name: String, value: String)

  /// Values are kinds of artifacts of the log, as in `vhd`.
  package var artifacts: [Pair]
  package var tokenArtifacts: [Pair]
  package var parameters: [Pair]
  package var tokens: [Pair]
  /// Values are names of variables that hold secrets.
  package var secretParameters: [Pair] = []
  package var secretTokens: [Pair] = []
  package var addsMissing = false
  package var replacesReferences = false
  /// Whether a variable may be empty.
  package var takesEmpty = false

  package init(artifacts: [Pair], tokenArtifacts: [Pair], parameters: [Pair] = [], tokens: [Pair] = []) {
    self.artifacts = artifacts
    self.tokenArtifacts = tokenArtifacts
    self.parameters = parameters
    self.tokens = tokens
  }

  /// `NAME=VALUE`. A name has at least one character, so that a token may begin with "=".
  package static func pair(_ text: String) -> Pair {
    let equals = text.dropFirst().firstIndex(of: "=") ?? text.endIndex
    return (String(text[..<equals]), String(text[equals...].dropFirst()))
  }

  /// Stops where a variable cannot be used; every one is reported.
  package func refuseUnusable(in context: CommandContext) throws {
    let problems = (secretParameters + secretTokens).compactMap { problem(of: $0.value, in: context) }
    if !problems.isEmpty { throw CommandError(problems, kind: .problem) }
  }

  private func problem(of variable: String, in context: CommandContext) -> Diagnostic? {
    let id = "parameters.variable"
    guard let value = context.environment[variable] else {
      return Diagnostic(id, "the variable \"\(variable)\" is not set")
    }
    guard CommandContext.isText(variable, value) else {
      return Diagnostic(id, "the variable \"\(variable)\" is not UTF-8, and JSON carries nothing else")
    }
    guard value.isEmpty, !takesEmpty else { return nil }
    return Diagnostic(
      id, "the variable \"\(variable)\" is empty", suggestion: "set it, or give --allow-empty")
  }

  /// - Parameters:
  ///   - report: What Packer built, for artifacts.
  ///   - build: The only build that counts.
  package func patch(_ report: PackerReport?, build: String? = nil, in context: CommandContext) throws -> ParameterPatch
  {
    try refuseUnusable(in: context)
    func secret(_ pair: Pair) -> ParameterPatch.Entry {
      .init(pair.name, .init(context.environment[pair.value] ?? "", isSecret: true))
    }
    var patch = ParameterPatch(addsMissing: addsMissing, replacesReferences: replacesReferences)
    patch.parameters = parameters.map { .init($0.name, .init($0.value)) } + secretParameters.map(secret)
    patch.tokens = tokens.map { .init($0.name, .init($0.value)) } + secretTokens.map(secret)
    guard let report else { return patch }
    let choice = ArtifactChoice(report, build: build)
    for (name, text) in artifacts {
      let kind = try choice.kind(text)
      patch.parameters.append(.init(name, .init(try choice.reference(kind), artifactKind: kind)))
    }
    for (name, text) in tokenArtifacts {
      let kind = try choice.kind(text)
      patch.tokens.append(.init(name, .init(try choice.reference(kind), artifactKind: kind)))
    }
    return patch
  }
}
