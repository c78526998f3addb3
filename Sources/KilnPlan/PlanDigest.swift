import KilnArtifacts
import KilnSpec

/// Builds a digest over named fields; every field is framed by its length, so that no two inputs meet.
struct PlanDigest {
  /// Raised when the same plan gives other documents, so that images are rebuilt.
  static let formatVersion = "1"

  private var bytes: [UInt8] = []

  init(_ kind: String) {
    add("kind", kind)
    add("format", Self.formatVersion)
  }

  mutating func add(_ name: String, _ value: some Sequence<UInt8>) {
    let value = Array(value)
    head(name, value.count)
    bytes += value
    bytes.append(10)
  }

  mutating func add(_ name: String, _ value: String) {
    head(name, value.utf8.count)
    bytes += value.utf8
    bytes.append(10)
  }

  private mutating func head(_ name: String, _ count: Int) {
    bytes += name.utf8
    bytes.append(0x20)
    bytes += String(count).utf8
    bytes.append(10)
  }

  mutating func add(_ name: String, _ values: [String]) {
    add(name, String(values.count))
    for value in values { add("item", value) }
  }
  mutating func add(_ name: String, _ values: [NamedValue]) { add(name, values.flatMap { [$0.name, $0.value] }) }

  mutating func add(_ node: SpecNode) {
    switch node.content {
    case .scalar(let scalar): add(scalar.isPlain ? "plain" : "text", scalar.text)
    case .list(let items):
      add("list", String(items.count))
      for item in items { add(item) }
    case .map(let entries):
      add("map", String(entries.count))
      for entry in entries.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
        add("key", entry.key)
        add(entry.value)
      }
    }
  }

  mutating func add(_ step: Step) {
    switch step {
    case .packages(let names): add("packages", names)
    case .repository(let repository):
      add("repository", [repository.name] + repository.uris)
      add("suites", repository.suites)
      add("components", repository.components)
      add("architectures", repository.architectures)
      switch repository.key {
      case .content(let text): add("key", text)
      case .download(let url, let sha256): add("key", [url, sha256])
      }
    case .download(let download):
      add("download", [download.url, download.sha256, download.to, download.mode, String(download.unpack)])
    case .file(let file):
      add("file", [file.path, file.mode, file.owner, file.group])
      add("content", file.content)
    case .directory(let directory):
      add("directory", [directory.path, directory.mode, directory.owner, directory.group])
    case .user(let user):
      add("user", [user.name, String(user.isSystem), user.home, user.shell] + user.groups)
    case .link(let path, let target): add("link", [path, target])
    case .run(let run):
      add("run", run.script)
      add("environment", run.environment)
    case .environment(let variables): add("variables", variables)
    case .service(let service): add("service", [service.name] + service.command)
    }
  }

  mutating func add(_ steps: [PlannedStep], for side: Side) {
    for step in steps where step.isFor(side) { add(step.step) }
  }

  var digest: ContentDigest { ContentDigest(of: bytes) }
}
