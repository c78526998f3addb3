public import KilnDiagnostics
public import KilnSpec

/// What is done to a base, described once for container and machine.
public enum Step: Sendable, Hashable {
  /// Debian packages, sorted, without what they recommend.
  case packages([String])
  case repository(Repository)
  case download(Download)
  case file(File)
  case directory(Directory)
  case user(User)
  case link(path: String, target: String)
  case run(Run)
  /// Variables of every process of the services, sorted by name.
  case environment([NamedValue])
  case service(Service)

  public struct Repository: Sendable, Hashable {
    public enum Key: Sendable, Hashable {
      case content(String)
      case download(url: String, sha256: String)
    }
    public let name: String
    public let uris: [String]
    public let suites: [String]
    public let components: [String]
    public let architectures: [String]
    public let key: Key
  }

  public struct Download: Sendable, Hashable {
    public let url: String
    public let sha256: String
    public let to: String
    /// Octal digits.
    public let mode: String
    public let unpack: Bool
  }

  public struct File: Sendable, Hashable {
    public let path: String
    public let content: [UInt8]
    /// Four octal digits.
    public let mode: String
    public let owner: String
    public let group: String

    public init(path: String, content: [UInt8], mode: String = "0644", owner: String = "root", group: String = "root") {
      self.path = path
      self.content = content
      self.mode = mode
      self.owner = owner
      self.group = group
    }
  }

  public struct Directory: Sendable, Hashable {
    public let path: String
    public let mode: String
    public let owner: String
    public let group: String

    public init(path: String, mode: String = "0755", owner: String = "root", group: String = "root") {
      self.path = path
      self.mode = mode
      self.owner = owner
      self.group = group
    }
  }

  public struct User: Sendable, Hashable {
    public let name: String
    public let isSystem: Bool
    public let home: String
    public let shell: String
    public let groups: [String]
  }

  public struct Run: Sendable, Hashable {
    public let script: String
    public let creates: String?
    public let environment: [NamedValue]
  }

  public struct Service: Sendable, Hashable {
    /// The systemd unit without `.service`.
    public let name: String
    /// What the container runs in the foreground; empty on a machine-only service.
    public let command: [String]
  }
}

/// One of the two forms of an environment.
public enum Side: String, Sendable, Hashable, CaseIterable { case container, machine }

/// A step and where it comes from.
public struct PlannedStep: Sendable, Hashable {
  public let step: Step
  /// The only side it is for; nil for both.
  public let only: Side?
  public let origin: SourceLocation

  public func isFor(_ side: Side) -> Bool { only == nil || only == side }
}

/// What must hold in the finished container and machine.
public struct Check: Sendable, Hashable {
  public let command: [String]
  public let stdout: [String]
  public let exit: Int
  public let only: Side?

  public func isFor(_ side: Side) -> Bool { only == nil || only == side }
}
