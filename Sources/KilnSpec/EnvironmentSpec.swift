public import KilnDiagnostics
public import KilnPacker
public import SystemPackage

/// A customer's environment: its file with the profile beneath, checked, every value with its place.
///
/// A value that nothing changes, kept in one place: fleets hand it around by the ten thousand.
public final class EnvironmentSpec: Sendable, Hashable {
  /// The file's path as shown to the user.
  public let file: String
  /// The whole tree, merged; everything else is decoded from it. Others see its values as `settings`.
  let tree: SpecNode
  public let customer: Located<String>
  public let runtime: Runtime
  /// In the order of the file.
  public let apps: [App]
  public let services: [ServiceUse]
  public let secrets: [Secret]
  public let registry: Located<String>?
  public let machine: Machine?
  /// Nil where it runs in no cluster.
  public let kubernetes: Kubernetes?
  /// Nil where its machine is not deployed.
  public let azureDeployment: AzureDeployment?
  public let stages: [Stage]
  public let tests: [Test]
  /// What tests need beside the environment.
  public let helpers: [Helper]
  public let seed: Seed?
  /// The images of tests and helpers, as if each were an app: they are planned and built as apps are. Nil where Kiln builds
  /// none.
  public let testing: EnvironmentSpec?
  /// In the order of the file.
  public let loadTests: [LoadTest]

  /// A variable of an environment; values keep their source text.
  public struct Variable: Sendable, Hashable {
    public let name: String
    public let value: String
    public let location: SourceLocation
  }

  /// A component and its parameters as the spec says them.
  public struct ComponentUse: Sendable, Hashable {
    public let name: Located<String>
    public let parameters: SpecNode
  }

  public struct Runtime: Sendable, Hashable {
    public let base: Located<String>
    public let components: [ComponentUse]
    /// Packages that no component brings.
    public let packages: [Located<String>]
    /// Where the list is, for who is told of all of it.
    public let packagesNode: SpecNode
    public let environment: [Variable]

    init(_ node: SpecNode) {
      let node = Shape.runtime.filled(node)
      base = node.required("base").locatedText
      components = (node.required("components").entries ?? []).map {
        .init(name: Located($0.key, at: $0.keyLocation), parameters: $0.value)
      }
      packagesNode = node.required("packages")
      packages = packagesNode.locatedTexts
      environment = node.required("environment").variables
    }
  }

  /// A data service: what every service takes, and the parameters of its definition.
  public struct ServiceUse: Sendable, Hashable {
    public enum Source: Sendable, Hashable { case image, packages }

    public struct Setting: Sendable, Hashable {
      public let name: Located<String>
      public let value: Located<String>
    }

    public let name: Located<String>
    public let source: Located<Source>
    public let database: Located<String>?
    public let user: Located<String>?
    public let password: Located<String>?
    /// As in `20Gi`.
    public let storage: String?
    public let limits: Limits?
    public let settings: [Setting]
    /// A map of the definition's parameters.
    public let parameters: SpecNode
  }

  public struct Secret: Sendable, Hashable {
    public enum Source: Sendable, Hashable {
      case environment(variable: String)
      case keyVault(id: String, secret: String, version: String?)
    }
    public let name: Located<String>
    public let source: Source
    /// Where it says that the app reads it as a variable; nil where it does not.
    public let asVariable: SourceLocation?
  }

  public struct Machine: Sendable, Hashable {
    /// The app that it runs; nil where the spec does not say.
    public let app: Located<String>?
    public let azure: Azure?
    public let services: [Located<String>]
    /// Volumes that are on disks of their own.
    public let disks: [Located<String>]
    /// Whether the packages that the machine has already are upgraded.
    public let upgrade: Bool
    /// Whether the baked machine is asked for `health` and `checks`; nil where what it has decides.
    public let pages: Bool?
    public let parameters: DeploymentParameters?
    public let location: SourceLocation
  }

  /// Parameters files that a bake patches.
  public struct DeploymentParameters: Sendable, Hashable {
    /// Relative to the workspace's root.
    public let files: [Located<FilePath>]
    public let template: Located<FilePath>?
    /// Where the patched files are written; nil where what they become decides.
    public let output: Located<ParameterOutput>?
    /// Parameters that become an artifact's URI or id, or a secret; and tokens that do.
    public let set: [ParameterUse]
    public let tokens: [ParameterUse]
  }

  /// Where patched parameters files are written.
  public enum ParameterOutput: String, Sendable, Hashable, CaseIterable {
    /// Over the files themselves.
    case inPlace = "in-place"
    /// Beside what else the bake leaves, so that the files stay as they were committed.
    case dist
  }

  /// A parameter or token, and what it becomes.
  public struct ParameterUse: Sendable, Hashable {
    public enum Source: Sendable, Hashable {
      case artifact(ArtifactKind)
      /// A secret of the environment's, by its name.
      case secret(String)
      /// What cloud-init does when a machine starts in the stage.
      case customData
    }

    public let name: String
    public let source: Source
    public let location: SourceLocation
  }

  public struct Azure: Sendable, Hashable {
    public let location: Located<String>
    public let size: Located<String>
    /// 1 or 2.
    public let generation: Located<Int>
    public let capture: Capture
    public let scaleSet: ScaleSet?
  }

  public struct ScaleSet: Sendable, Hashable {
    public let name: Located<String>
    public let capacity: Capacity
  }

  /// The name of something in Azure that may differ by stage.
  public enum AzureName: Sendable, Hashable {
    case text(Located<String>)
    /// A variable of the environment that a bake runs in.
    case variable(Located<String>)
  }

  /// What a bake in Azure leaves behind.
  public enum Capture: Sendable, Hashable {
    case vhd(resourceGroup: AzureName, storageAccount: AzureName, container: AzureName)
    case managedImage(resourceGroup: AzureName, name: Located<String>)
    case gallery(
      resourceGroup: AzureName, gallery: Located<String>, image: Located<String>, version: Located<String>,
      regions: [Located<String>])
  }

  /// All else is decoded from the tree.
  public static func == (one: EnvironmentSpec, other: EnvironmentSpec) -> Bool {
    one === other || one.file == other.file && one.tree == other.tree
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(file)
    hasher.combine(tree)
  }

  /// Decodes a merged tree that fits `Shape.environment` and what its services' definitions ask for.
  package init(file: String, tree: SpecNode) {
    let node = Shape.environmentObject.filled(tree)
    self.file = file
    self.tree = tree
    customer = node.required("customer").locatedText
    runtime = Runtime(node.required("runtime"))
    apps =
      (node["app"].map { [App($0, named: Located(App.onlyName, at: $0.location), at: SpecPath(keys: "app"))] } ?? [])
      + (node.required("apps").entries ?? []).map {
        App($0.value, named: Located($0.key, at: $0.keyLocation), at: SpecPath(keys: "apps", $0.key))
      }
    services = (node.required("services").entries ?? []).map { ServiceUse($0) }
    secrets = (node.required("secrets").entries ?? []).map { Secret($0) }
    registry = node.required("images").optional("registry")
    machine = node["machine"].map { Machine($0) }
    kubernetes = node["deploy"]?["kubernetes"].map { Kubernetes($0) }
    azureDeployment = node["deploy"]?["azure"].map { AzureDeployment($0) }
    stages = (node.required("stages").entries ?? []).map { Stage($0) }
    let (tests, helpers) = (node.required("tests").entries ?? [], node.required("helpers").entries ?? [])
    self.tests = tests.map { Test($0) }
    self.helpers = helpers.map { Helper($0) }
    loadTests = LoadTest.all(node["load"])
    seed = node["seed"].map { Seed($0) }
    let built =
      tests.compactMap { App(testing: $0, named: Test.service($0.key), at: SpecPath(keys: "tests", $0.key)) }
      + helpers.compactMap { App(testing: $0, named: $0.key, at: SpecPath(keys: "helpers", $0.key)) }
    testing =
      built.isEmpty
      ? nil
      : EnvironmentSpec(
        testing: built, file: file, tree: tree, customer: customer, runtime: runtime, secrets: secrets,
        registry: registry)
  }

  /// Images of an environment that only tests run.
  private init(
    testing apps: [App], file: String, tree: SpecNode, customer: Located<String>, runtime: Runtime, secrets: [Secret],
    registry: Located<String>?
  ) {
    self.file = file
    self.tree = SpecNode(.map(["tests", "helpers"].compactMap { tree.entry($0) }), at: tree.location)
    self.customer = customer
    self.runtime = runtime
    self.apps = apps
    services = []
    let read = Set(apps.flatMap { ($0.secrets ?? []) + $0.buildSecrets }.map(\.value))
    self.secrets = secrets.filter { read.contains($0.name.value) }
    self.registry = registry
    machine = nil
    kubernetes = nil
    azureDeployment = nil
    stages = []
    loadTests = []
    tests = []
    helpers = []
    seed = nil
    testing = nil
  }
}
