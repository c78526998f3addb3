import KilnConsole
package import KilnDiagnostics
package import KilnDocuments
package import KilnProcesses
import KilnSpec
import KilnWorkspace

/// What Azure, or `az`, refused.
package struct AzureFailure: Error, CommandErrorConvertible {
  package enum Cause: Sendable, Equatable {
    /// Nobody is logged in, or no longer.
    case login
    /// Too many requests; seconds until the next may be made, where Azure says so.
    case throttled(after: Double?)
    case missing
    /// There is no such resource group.
    case missingGroup
    /// A deployment of this name runs.
    case active
    case forbidden
    case other
  }

  package let action: String
  package let cause: Cause
  /// What was wrong innermost, a line each.
  package let reasons: [String]

  /// Lines of a message that people read.
  private static let lines = 10

  package init(_ action: String, _ outcome: Tool.Outcome) {
    self.action = action
    let text = outcome.error
    reasons = Self.reasons(in: text)
    cause = Self.cause(of: text)
  }

  package init(_ action: String, reason: String) {
    self.action = action
    reasons = [reason]
    cause = .other
  }

  /// Of a deployment that has failed: the `error` of its properties.
  package init(_ action: String, error: DocumentValue) {
    self.action = action
    reasons = Self.innermost(error)
    cause = .other
  }

  private static func cause(of text: String) -> Cause {
    func has(_ words: String...) -> Bool { words.contains { text.contains($0) } }
    if has("az login", "AADSTS", "ExpiredAuthenticationToken", "InvalidAuthenticationToken") { return .login }
    if has("TooManyRequests", "(429)", "throttled") {
      let match = text.firstMatch(of: /[Rr]etry[- ][Aa]fter\D{0,12}(\d{1,4})/)
      return .throttled(after: match.flatMap { Double($0.1) })
    }
    if has("DeploymentActive") { return .active }
    if has("ResourceGroupNotFound") { return .missingGroup }
    if has("NotFound", "was not found", "could not be found") { return .missing }
    if has("AuthorizationFailed") { return .forbidden }
    return .other
  }

  /// `ERROR: (Code) words`, or `ERROR: {"error": …}`; other lines are of Python's.
  private static func reasons(in text: String) -> [String] {
    let lines = text.split(separator: "\n").map { String($0).trimmed }.filter { !$0.isEmpty }
    let first = lines.firstIndex { $0.hasPrefix("ERROR: ") }
    let rest =
      first.map { ([String(lines[$0].dropFirst(7))] + lines[($0 + 1)...]).joined(separator: "\n") }
      ?? lines.joined(separator: "\n")
    if let document = try? JSONReader.read(String(rest.drop { $0 != "{" })) {
      return innermost(document["error"] ?? document)
    }
    if first == nil { return Array(lines.suffix(3)) }
    var seen: Set<String> = []
    return rest.split(separator: "\n").map(String.init)
      // "Code:" and "Message:" say the first line once more.
      .filter { !$0.hasPrefix("Code: ") && !$0.hasPrefix("Message: ") && seen.insert($0).inserted }
      .prefix(Self.lines).map { $0 }
  }

  /// Azure puts one failure into the other, some as text: the innermost ones say what is wrong.
  static func innermost(_ error: DocumentValue, depth: Int = 0) -> [String] {
    let details = error["details"]?.items ?? []
    if !details.isEmpty, depth < 20 {
      var seen: Set<String> = []
      return details.flatMap { innermost($0, depth: depth + 1) }.filter { seen.insert($0).inserted }.prefix(lines).map {
        $0
      }
    }
    let message = error["message"]?.textValue ?? ""
    if depth < 20, message.hasPrefix("{"), let inner = try? JSONReader.read(message) {
      return innermost(inner["error"] ?? inner, depth: depth + 1)
    }
    let code = error["code"]?.textValue.map { "\($0): " } ?? ""
    let line = "\(code)\(message)".split(whereSeparator: \.isNewline).map { String($0).trimmed }.joined(separator: " ")
    return [line.isEmpty ? "Azure says no more" : line]
  }

  package var text: String { reasons.first.map { Relayed.safe($0) } ?? "it says no more" }

  package var commandError: CommandError {
    let help: String?
    switch cause {
    case .login:
      help = "`az login`; or set ARM_CLIENT_ID, ARM_CLIENT_SECRET and ARM_TENANT_ID, as for the bake"
    case .throttled: help = "Azure takes no more requests for now: try again in some minutes"
    case .active: help = "wait until it has ended: `kiln history` says whose it is"
    case .forbidden:
      help =
        "the account needs the role Contributor in the resource group, and User Access Administrator in that of a key vault whose secrets the machines read"
    case .missingGroup: help = "`az group create` makes one; or name another: deploy: {azure: {resourceGroup: …}}"
    case .missing, .other: help = nil
    }
    return CommandError(
      cause == .login ? "deploy.azure-login" : "deploy.azure", "cannot \(action): \(text)",
      details: reasons.dropFirst().map { Relayed.safe($0) }, help: help)
  }
}
