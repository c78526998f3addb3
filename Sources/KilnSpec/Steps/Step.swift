import KilnArtifacts

/// What is done to a base, described once for container and machine.
public enum Step: Sendable, Hashable {
  /// Packages, sorted, without what they recommend.
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

  /// What it leaves behind, in container and machine.
  public var facts: [StepFact] {
    switch self {
    case .packages(let names): Self.facts(packages: names)
    case .repository(let repository): [.repository(repository)]
    case .download(let download): download.facts
    case .file(let file): file.facts
    case .directory(let directory): directory.facts
    case .user(let user): [.account(user.name)]
    case .link(let path, let target): [.link(path: path, target: target)]
    case .run(let run): run.creates.map { [.exists(path: $0)] } ?? []
    case .environment(let values): values.map { .variable($0.name) }
    case .service: []
    }
  }

  /// One line that says what it does.
  public var summary: String {
    switch self {
    case .packages(let names): "packages \(names.joined(separator: " "))"
    case .repository(let repository): "repository \(repository.name)"
    case .download(let download): "download \(download.url)"
    case .file(let file): "file \(file.path) \(file.mode) sha256:\(ContentDigest(of: file.content).short)"
    case .directory(let directory): "directory \(directory.path) \(directory.mode)"
    case .user(let user): "user \(user.name)"
    case .link(let path, let target): "link \(path) → \(target)"
    case .run(let run): "run \(run.script.split(separator: "\n").first ?? "")\(run.creates.map { " → \($0)" } ?? "")"
    case .environment(let values): "environment \(values.map(\.name).joined(separator: " "))"
    case .service(let service): "service \(service.name)"
    }
  }
}
