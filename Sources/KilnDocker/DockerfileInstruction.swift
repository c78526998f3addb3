/// An instruction of a Dockerfile; values are as they shall arrive, quoting is the renderer's.
public enum DockerfileInstruction: Sendable, Hashable {
  case comment(String)
  case from(image: String, stage: String? = nil)
  /// A build argument with its value where none is given.
  case arg(DockerfileVariable)
  case env([DockerfileVariable])
  case label([DockerfileVariable])
  case run(DockerfileRun)
  case copy(DockerfileCopy)
  case add(DockerfileAdd)
  case workdir(String)
  case user(String)
  case expose(Int)
  case volume([String])
  case healthcheck(DockerfileHealthcheck)
  case stopsignal(String)
  case entrypoint([String])
  case cmd([String])

  /// Comments and labels, which say something of the image and change nothing in its files.
  public var isDescription: Bool {
    switch self {
    case .comment, .label: true
    default: false
    }
  }
}

/// A name and its value.
public struct DockerfileVariable: Sendable, Hashable {
  public let name: String
  public let value: String

  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// A command run while the image is built.
public struct DockerfileRun: Sendable, Hashable {
  public enum Command: Sendable, Hashable {
    /// The words of a program, run without a shell.
    case exec([String])
    /// Shell commands joined by `&&`, each of one line, written by Kiln and not by a user.
    case chain([String])
    /// A script of any lines, run by `/bin/sh -eu`; arrives at the shell byte for byte.
    case script(String)
  }

  /// A folder that the engine keeps between builds, and that is no part of the image.
  public struct Cache: Sendable, Hashable {
    /// Builds that name the same cache get the same folder, one at a time.
    public let id: String
    public let target: String

    public init(id: String, target: String) {
      self.id = id
      self.target = target
    }
  }

  public let command: Command
  /// Secrets mounted at `/run/secrets/NAME` while it runs.
  public let secrets: [String]
  public let caches: [Cache]

  public init(_ command: Command, secrets: [String] = [], caches: [Cache] = []) {
    self.command = command
    self.secrets = secrets
    self.caches = caches
  }
}

/// Files from the build context.
public struct DockerfileCopy: Sendable, Hashable {
  public let sources: [String]
  public let destination: String
  /// Octal digits.
  public let mode: String?
  public let owner: String?

  public init(_ sources: [String], to destination: String, mode: String? = nil, owner: String? = nil) {
    self.sources = sources
    self.destination = destination
    self.mode = mode
    self.owner = owner
  }
}

/// A file from elsewhere, checked.
public struct DockerfileAdd: Sendable, Hashable {
  public let url: String
  public let sha256: String
  public let destination: String
  public let mode: String?

  public init(url: String, sha256: String, to destination: String, mode: String? = nil) {
    self.url = url
    self.sha256 = sha256
    self.destination = destination
    self.mode = mode
  }
}

/// How the engine asks whether the container is well.
public struct DockerfileHealthcheck: Sendable, Hashable {
  public let command: [String]
  /// Seconds.
  public let interval: Int
  public let timeout: Int
  public let startPeriod: Int
  public let retries: Int

  public init(_ command: [String], interval: Int = 10, timeout: Int = 5, startPeriod: Int = 30, retries: Int = 3) {
    self.command = command
    self.interval = interval
    self.timeout = timeout
    self.startPeriod = startPeriod
    self.retries = retries
  }
}
