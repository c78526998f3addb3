package import KilnPlan
import KilnSpec

/// Whether a database takes the password that its service has now: it keeps the one that it was made with, or that somebody
/// gave it since.
package struct DatabaseLogin: Sendable {
  package enum Answer: Sendable, Equatable {
    case accepted, refused
    /// The service does not run, or the answer is another.
    case unknown
  }

  private let login: ServiceDefinition.Login
  private let access: ServicePlan.Access
  /// As in the container.
  private let account: String

  /// Nil where the service's definition has no login.
  package init?(_ service: ServicePlan) {
    guard let access = service.access, let login = service.definition.login else { return nil }
    self.access = access
    self.login = login
    account = service.definition.user
  }

  /// Arguments of `docker compose exec` for a service's container.
  ///
  /// By the container's own address: an official image's PostgreSQL asks nobody at 127.0.0.1 for a password.
  package func arguments(in service: String) -> [String] {
    let script = """
      password=$(cat \(SecretUse.folder)/\(SecretUse.password)); host=$(hostname); user=$1; database=$2
      \(login.script)
      """
    return ["exec", "--no-TTY", "--user", account, service, "sh", "-c", script, "login", access.user, access.database]
  }

  package func answer(isSuccess: Bool, error: String) -> Answer {
    isSuccess ? .accepted : error.contains(login.refusal) ? .refused : .unknown
  }
}
