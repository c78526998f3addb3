public import KilnArtifacts
public import KilnCatalog
public import KilnDiagnostics
public import KilnProcesses
public import SystemPackage

/// A workspace as read from disk: definitions, environments, and every problem found on the way.
public struct Workspace: Sendable {
  /// The folder with `kiln.yaml`, absolute.
  public let root: FilePath
  public let registry: Located<String>?
  /// The folder that `kiln generate` writes, relative to the root.
  public let output: FilePath
  public let build: BuildSettings
  /// In the order of `kiln.yaml`.
  public let clusters: [Cluster]
  /// Who is told of failed and recovered deployments.
  public let notify: [NotificationUse]
  public let pipeline: PipelineSettings
  public let refreshes: ImageRefreshes
  /// Where the files that specs and definitions name may be.
  public let containment: Containment
  /// Folders outside that `kiln.yaml` allows, as paths from the root.
  public let allowed: [Located<FilePath>]
  public let definitions: Definitions
  /// The environments that could be read, by customer.
  public let environments: [EnvironmentSpec]
  /// The hosts that could be read, by file, in the order of each.
  public let hosts: [HostSpec]
  /// Every spec that there is, whether or not it could be read, relative to the root.
  public let environmentFiles: Set<String>
  /// Customers that more than one spec describes, in lower case.
  public let duplicateCustomers: Set<String>
  public let problems: [Diagnostic]
  /// The text of every file that was read, by the name diagnostics give it.
  public let sources: [String: String]
  /// The same for excerpts: without the secrets that some file holds.
  public let excerpts: [String: String]

  /// The folder with `kiln.yaml` at or above `folder`.
  public static func root(above folder: FilePath) -> FilePath? {
    var folder = folder.lexicallyNormalized()
    while true {
      if folder.appending("kiln.yaml").isThere { return folder }
      guard folder.removeLastComponent() else { return nil }
    }
  }
}

/// Reads workspaces.
public struct WorkspaceReader: Sendable {
  let catalog: Catalog
  let workers: Workers
  /// The folders of a workspace that are listed.
  public static let folders = ["environments", "profiles", "components", "components/files"]

  public init(catalog: Catalog = .embedded, workers: Workers = Workers()) {
    self.catalog = catalog
    self.workers = workers
  }

  /// The catalog's own definitions.
  public func catalogDefinitions() -> Definitions {
    var reading = WorkspaceReading(root: "/", catalog: catalog)
    reading.readCatalog()
    return reading.definitions.definitions
  }

  /// What the specs below `root` can name, without reading them, and what is wrong with it.
  public func definitions(_ root: FilePath) -> (definitions: Definitions, problems: [Diagnostic]) {
    var reading = WorkspaceReading(root: root, catalog: catalog)
    reading.readCatalog()
    _ = reading.readSettings()
    reading.readDefinitions()
    return (
      reading.definitions.definitions, (reading.problems + reading.definitions.problems).inCanonicalOrder()
    )
  }

  /// Reads `kiln.yaml`, definitions, and all environments below `root`.
  public func read(_ root: FilePath) -> Workspace {
    var reading = WorkspaceReading(root: root, catalog: catalog)
    reading.readCatalog()
    let settings = reading.readSettings()
    let refreshes = reading.readRefreshes()
    reading.readDefinitions()
    let environments = reading.readEnvironments(defaultProfile: settings.profile, workers)
    let hosts = reading.readHosts(environments)
    reading.checkCustomers()
    reading.checkFileNames()
    reading.checkReservedNames()
    reading.checkDomains(environments)
    reading.checkNamespaces(environments, settings.clusters)
    reading.checkScaleSets(environments)
    if !settings.allowsLoadPlans { reading.checkLoadPlans(environments) }
    reading.checkContainers(environments)
    reading.checkOutput(settings, environments)
    return Workspace(
      root: root, registry: settings.registry, output: settings.output, build: settings.build,
      clusters: settings.clusters, notify: settings.notify,
      pipeline: settings.pipeline,
      refreshes: refreshes,
      containment: reading.containment, allowed: settings.allowed,
      definitions: reading.definitions.definitions,
      environments: environments.sorted { $0.customer.value < $1.customer.value },
      hosts: hosts,
      environmentFiles: reading.environmentFiles,
      duplicateCustomers: reading.duplicates,
      problems: (reading.problems + reading.definitions.problems).filter { !$0.isConsequence }.inCanonicalOrder(),
      sources: reading.store.texts,
      excerpts: reading.store.texts.merging(reading.store.masked) { _, masked in masked })
  }
}
