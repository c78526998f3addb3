public import KilnDiagnostics
import SystemPackage

extension EnvironmentSpec {
  /// A container that examines an environment of its own: what it runs in, and what it leaves.
  public struct Test: Sendable, Hashable {
    static let folder = "/tests"

    public let name: Located<String>
    public let container: TestContainer
    /// Helpers that run as long as it does.
    public let needs: [Located<String>]
    /// Patterns of JUnit files, from its `workdir`.
    public let reports: [Located<String>]
    /// Patterns of other files that are kept.
    public let artifacts: [Located<String>]
    public let timeout: Located<TimeSpan>

    /// As its image, its container and its folder are called.
    public var service: String { Self.service(name.value) }
    public static func service(_ name: String) -> String { "test-\(name)" }
  }

  /// What tests need beside the environment: a browser, a mail catcher, a stand-in for another company's service.
  public struct Helper: Sendable, Hashable {
    public let name: Located<String>
    public let container: TestContainer
    /// A command; nil for what the image says, or that it runs.
    public let health: Located<[String]>?
  }

  /// What a test and a helper run.
  public struct TestContainer: Sendable, Hashable {
    /// Nil where Kiln builds one from a source.
    public let image: Located<String>?
    /// Nil for the image's own.
    public let command: Located<[String]>?
    /// Nil for the image's own.
    public let user: Located<String>?
    public let workdir: Located<String>
    public let environment: [Variable]
    public let secrets: [Located<String>]
    public let limits: Limits?
    /// Keys that say how an image is built.
    public let buildKeys: [Located<String>]
    public let location: SourceLocation
  }

  /// What puts data into an environment before its tests run.
  public struct Seed: Sendable, Hashable {
    /// Nil for the only one.
    public let app: Located<String>?
    public let command: Located<[String]>
    public let location: SourceLocation
  }
}

extension EnvironmentSpec {
  /// Everything that is made from a source: the apps, and images that only tests run.
  package var allApps: [App] { apps + (testing?.apps ?? []) }
}

extension EnvironmentSpec.TestContainer {
  init(_ node: SpecNode, _ shape: ObjectShape) {
    let filled = shape.filled(node)
    image = node.optional("image")
    command = node["command"]?.words
    user = node.optional("user")
    workdir = filled.required("workdir").locatedText
    environment = filled.required("environment").variables
    secrets = filled.required("secrets").locatedTexts
    limits = node["limits"].map { .init($0) }
    buildKeys = (node.entries ?? []).filter { Self.buildKeys.contains($0.key) }.map {
      Located($0.key, at: $0.keyLocation)
    }
    location = node.location
  }

  private static let buildKeys: Set = ["overlays", "runtime", "install", "buildSecrets", "build", "workdir"]
}

extension EnvironmentSpec.Test {
  init(_ entry: SpecNode.Entry) {
    let node = Shape.test.filled(entry.value)
    name = Located(entry.key, at: entry.keyLocation)
    container = .init(entry.value, Shape.test)
    needs = node.required("needs").locatedTexts
    reports = node.required("reports").locatedTexts
    artifacts = node.required("artifacts").locatedTexts
    let span = node.required("timeout")
    guard let value = TimeSpan(span.requiredText) else { preconditionFailure("the timeout is no time") }
    timeout = Located(value, at: span.location)
  }
}

extension EnvironmentSpec.Helper {
  init(_ entry: SpecNode.Entry) {
    name = Located(entry.key, at: entry.keyLocation)
    container = .init(entry.value, Shape.helper)
    health = entry.value["health"]?.words
  }
}

extension EnvironmentSpec.Seed {
  init(_ node: SpecNode) {
    app = node.optional("app")
    command = node.required("command").words
    location = node.location
  }
}

extension EnvironmentSpec.App {
  /// The image of a test or a helper, made as an app's is; nil where it has one from elsewhere.
  init?(testing entry: SpecNode.Entry, named name: String, at path: SpecPath) {
    guard let source = entry.value["source"] else { return nil }
    let keys = ["source", "overlays", "runtime", "install", "buildSecrets", "build", "workdir", "user", "limits"]
    var entries = (entry.value.entries ?? []).filter {
      (keys + ["command", "environment", "secrets"]).contains($0.key)
    }
    func add(_ key: String, _ content: SpecNode.Content) {
      guard !entries.contains(where: { $0.key == key }) else { return }
      entries.append(.init(key: key, keyLocation: entry.keyLocation, value: SpecNode(content, at: source.location)))
    }
    add("workdir", .scalar(.init(text: EnvironmentSpec.Test.folder, isPlain: false)))
    // Apps read all that nobody else does.
    add("secrets", .list([]))
    self.init(
      SpecNode(.map(entries), at: entry.value.location), named: Located(name, at: entry.keyLocation), at: path,
      ownsSources: true)
  }
}
