package import KilnPlan
import KilnSpec

/// Whether a database takes the password that its service has now: it keeps the one that it was made with, or that somebody
/// gave it since.
package struct DatabaseLogin: Sendable {
  package enum Answer: Sendable, Equatable {
    case accepted, refused
    /// The service does not run, or is none whose client Kiln knows.
    case unknown
  }

  private let client: String
  private let refusal: String
  private let access: ServicePlan.Access
  /// As in the container.
  private let account: String

  /// Nil where the service's image has no client that Kiln knows.
  package init?(_ service: ServicePlan) {
    guard let access = service.access else { return nil }
    self.access = access
    account = service.definition.user
    switch service.name {
    case "mariadb", "mysql":
      client = #"MYSQL_PWD="$password" exec \#(service.name) --host="$host" --user="$1" --execute="SELECT 1" "$2""#
      refusal = "Access denied"
    case "postgresql":
      client =
        #"PGPASSWORD="$password" exec psql --no-password --host="$host" --username="$1" --command="SELECT 1" "$2""#
      refusal = "password authentication failed"
    default: return nil
    }
  }

  /// Arguments of `docker compose exec` for a service's container.
  ///
  /// By the container's own address: an official image's PostgreSQL asks nobody at 127.0.0.1 for a password.
  package func arguments(in service: String) -> [String] {
    let script = #"password=$(cat \#(SecretUse.folder)/\#(SecretUse.password)); host=$(hostname); \#(client)"#
    return ["exec", "--no-TTY", "--user", account, service, "sh", "-c", script, "login", access.user, access.database]
  }

  package func answer(isSuccess: Bool, error: String) -> Answer {
    isSuccess ? .accepted : error.contains(refusal) ? .refused : .unknown
  }
}
