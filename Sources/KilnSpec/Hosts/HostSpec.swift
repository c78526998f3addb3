public import SystemPackage

/// A machine that Ansible provisions: what its file says of it, its group's keys and a profile's beneath.
public struct HostSpec: Sendable, Hashable {
  /// The file's path as shown to the user.
  public let file: String
  public let group: Located<String>
  public let name: Located<String>
  /// A name or an IP address.
  public let address: Located<String>
  public let reach: Reach
  public let base: Located<String>
  /// Components and packages, as an environment that has nothing else; nil where there are none.
  public let componentSpec: EnvironmentSpec?
  public let users: [User]
  public let system: System
  /// Nil where neither the file nor a stack asks for it.
  public let docker: Docker?
  public let firewall: Firewall
  public let https: HTTPS?
  public let metrics: Metrics?
  /// In the order of the file.
  public let stacks: [Stack]

  /// How Ansible reaches it.
  public struct Reach: Sendable, Hashable {
    public let user: String
    public let port: Int
    /// Relative to the workspace's root, or absolute.
    public let key: Located<FilePath>?
    /// `[USER@]HOST[:PORT]`.
    public let jump: String?
    /// As in `known_hosts`, without the name.
    public let hostKey: String?
  }

  public struct User: Sendable, Hashable {
    public let name: Located<String>
    /// As in `authorized_keys`.
    public let keys: [String]
    public let isAdministrator: Bool
  }

  public struct System: Sendable, Hashable {
    public let timeZone: String
    /// Security updates.
    public let upgrades: Bool
    /// `HH:MM`; nil for never.
    public let reboot: String?
    /// As in `500M`.
    public let journalSize: String
    public let journalDays: Int
    public let kernel: [EnvironmentSpec.Variable]
  }

  public struct Docker: Sendable, Hashable {
    /// As in `50m`.
    public let logSize: String
    public let logFiles: Int
    public let pools: [AddressPool]
    public let plainRegistries: [String]
  }

  public struct AddressPool: Sendable, Hashable {
    public let base: String
    /// The length of each network's prefix.
    public let size: Int
  }

  public struct Firewall: Sendable, Hashable {
    /// The networks that SSH is open to.
    public let ssh: [Located<String>]
    /// Of the machine itself.
    public let sshPort: Int
    public let open: [Port]
  }

  public struct Port: Sendable, Hashable {
    public let number: Located<Int>
    /// `tcp` or `udp`.
    public let transport: String
    /// Empty for everywhere.
    public let from: [Located<String>]
  }

  /// The front that everything else is behind.
  public struct HTTPS: Sendable, Hashable {
    public let certificate: Certificate
    public let redirects: Bool
    /// The variables that hold the users' passwords.
    public let users: [Password]
    public let sites: [Site]
  }

  public enum Certificate: Sendable, Hashable {
    case acme(mail: String)
    /// By an authority of the host's own.
    case local
    /// Paths on the host.
    case files(certificate: String, key: String)
  }

  public struct Password: Sendable, Hashable {
    public let user: Located<String>
    public let variable: String
  }

  public struct Site: Sendable, Hashable {
    public let domain: Located<String>
    public let routes: [Route]
  }

  public struct Route: Sendable, Hashable {
    public enum Target: Sendable, Hashable {
      case stack(Located<String>)
      /// Of the host's own loopback address.
      case port(Int)
      case metrics
    }

    public let path: Located<String>
    public let target: Target
    /// Of the stack; nil for its only one.
    public let app: Located<String>?
    /// Empty for everybody.
    public let users: [Located<String>]
  }

  public struct Metrics: Sendable, Hashable {
    /// As in `15d`.
    public let retention: String
  }

  public struct Stack: Sendable, Hashable {
    public enum Source: Sendable, Hashable {
      case environment(Located<String>)
      /// Somebody else's Compose file.
      case git(url: String, commit: String, file: String, reaches: [Reached])
    }

    public let name: Located<String>
    public let source: Source
    /// Whose values an environment has; nil for its own.
    public let stage: Located<String>?
    /// Seconds until its containers must be healthy.
    public let timeout: Int
  }

  /// A service of another stack.
  public struct Reached: Sendable, Hashable {
    public let stack: Located<String>
    public let service: Located<String>
  }
}
