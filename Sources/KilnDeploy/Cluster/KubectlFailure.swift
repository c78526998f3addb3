import KilnConsole
package import KilnDiagnostics
import KilnDocuments
import KilnProcesses

/// What kubectl or the API server answered instead of doing what was asked.
package struct KubectlFailure: CommandErrorConvertible {
  /// Something that the account may not do.
  package struct Right: Sendable, Hashable {
    package let verb: String
    /// As in `deployments.apps`.
    package let resource: String
  }

  package enum Cause: Sendable, Equatable {
    /// The kubeconfig has no such context.
    case context
    case unreachable
    /// The API does not know the account.
    case unauthorized
    case forbidden([Right])
    case notFound
    case exists
    /// Somebody else has changed the object meanwhile.
    case conflict
    case quota
    case unknownKind
    case terminating
    case invalid
    case other

    var isForbidden: Bool {
      guard case .forbidden = self else { return false }
      return true
    }
  }

  package let action: String
  package let context: String
  package let namespace: String
  package let answer: String
  package let cause: Cause

  init(_ action: String, of kubectl: Kubectl, _ outcome: Tool.Outcome) {
    self.action = action
    context = kubectl.context
    namespace = kubectl.namespace
    answer = outcome.error
    cause = Self.cause(of: outcome.error)
  }

  /// kubectl has no codes; its words have been the same since 1.16, but for those of a missing context (1.26).
  static func cause(of answer: String) -> Cause {
    func has(_ words: String...) -> Bool { words.contains { answer.contains($0) } }
    if has("context was not found for specified context") || has("context \"") && has("\" does not exist") {
      return .context
    }
    if has("exceeded quota") { return .quota }
    if has("because it is being terminated") { return .terminating }
    let rights = rights(in: answer)
    if !rights.isEmpty { return .forbidden(rights) }
    if has("(Unauthorized)", "You must be logged in", "the server has asked for the client to provide credentials") {
      return .unauthorized
    }
    if has(
      "Unable to connect to the server", "The connection to the server", "context deadline exceeded", "i/o timeout",
      "Client.Timeout", "TLS handshake timeout", "connection refused", "no such host", "ServiceUnavailable",
      "couldn't get current server API group list")
    {
      return .unreachable
    }
    if has("no matches for kind", "the server doesn't have a resource type") { return .unknownKind }
    if has("(AlreadyExists)") { return .exists }
    if has("(Conflict)") { return .conflict }
    if has(" is invalid: ", "(Invalid)", "error validating data", "(BadRequest)", "failed to create typed patch") {
      return .invalid
    }
    if has("(NotFound)") { return .notFound }
    return .other
  }

  /// `User "u" cannot VERB resource "R" in API group "G" …`, as often as it is said.
  private static func rights(in answer: String) -> [Right] {
    var rights: [Right] = []
    for line in answer.split(separator: "\n") where line.contains("cannot ") {
      let words = line.split(separator: " ").map(String.init)
      guard let index = words.firstIndex(of: "cannot"), index + 3 < words.count, words[index + 2] == "resource"
      else { continue }
      var name = words[index + 3].filter { $0 != "\"" }
      if let group = words.firstIndex(of: "group"), group + 1 < words.count {
        let text = words[group + 1].filter { $0 != "\"" }
        if !text.isEmpty { name += ".\(text)" }
      }
      let right = Right(verb: words[index + 1], resource: name)
      if !rights.contains(right) { rights.append(right) }
    }
    return rights
  }

  /// The last lines of the answer, safe to print.
  package var details: [String] { Self.lines(answer, 8) }

  static func lines(_ text: String, _ count: Int) -> [String] {
    text.split(separator: "\n").suffix(count).map { Relayed.safe(String($0)) }
  }

  package var commandError: CommandError {
    let place = "context \(context)"
    switch cause {
    case .context:
      return CommandError(
        "deploy.context", "the kubeconfig has no context \(context)",
        help: "`kubectl config get-contexts` lists those that it has; `kiln.yaml` names the stage's cluster")
    case .unreachable:
      return CommandError(
        "deploy.no-cluster", "the cluster of \(place) does not answer", details: details,
        help: "check that it runs and that this machine reaches it: `kubectl --context \(context) version`")
    case .unauthorized:
      return CommandError(
        "deploy.no-cluster", "the cluster of \(place) does not accept the account", details: details,
        help: "log in to it again: the credentials in the kubeconfig have expired or are wrong")
    case .forbidden(let rights):
      return Self.forbidden(rights, namespace: namespace)
    case .quota:
      return CommandError(
        "deploy.quota", "a quota of namespace \(namespace) does not allow it: could not \(action)",
        details: details,
        help:
          "ask for a larger quota, or lower replicas, requests or claims; `kubectl describe quota` shows what is used")
    case .unknownKind:
      return CommandError(
        "deploy.version", "the cluster of \(place) does not serve what is needed to \(action)", details: details,
        help: "install what serves it, or turn it off in the spec")
    case .terminating:
      return CommandError(
        "deploy.namespace", "namespace \(namespace) is being deleted", help: "wait until it is gone, then deploy again")
    case .invalid:
      return CommandError(
        "deploy.invalid", "the cluster of \(place) refuses to \(action)", details: details,
        help: "the lines above name object and field")
    case .notFound, .exists, .conflict, .other:
      return CommandError("deploy.refused", "could not \(action) in the cluster of \(place)", details: details)
    }
  }

  /// All rights that are missing, at once: a line for each resource.
  static func forbidden(_ rights: [Right], namespace: String) -> CommandError {
    var resources: [String] = []
    for right in rights where !resources.contains(right.resource) { resources.append(right.resource) }
    return CommandError(
      "deploy.forbidden", "the account may not do what a deployment to namespace \(namespace) needs",
      details: resources.map { resource in
        let verbs = rights.filter { $0.resource == resource }.map(\.verb)
        return Relayed.safe("\(resource): \(verbs.joined(separator: ", "))")
      }, help: "give it these verbs on these resources in a Role and a RoleBinding of the namespace")
  }
}
