package import KilnArtifacts
import KilnConsole
package import KilnDiagnostics
import KilnGeneration
package import KilnPlan
package import KilnProcesses
import KilnSpec
package import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The folder that `kiln generate` writes, and what is to be in it.
package struct GeneratedOutput: Sendable {
  package let folder: OutputFolder
  let loaded: LoadedWorkspace
  /// Over everything that all customers' files depend on besides their own specs.
  private let shared: String?

  /// - Parameter folder: As the user names it; else the workspace's.
  package init(loaded: LoadedWorkspace, folder: FilePath?, workers: Workers) {
    self.loaded = loaded
    let root = loaded.workspace.root
    let path = folder ?? root.pushing(loaded.workspace.output)
    let program = Self.program
    let name = ContentDigest(of: path.lexicallyNormalized().string).tag
    let record = program.map { OutputRecord("\(WorkspaceLayout.records)/\(name)", below: root, generator: $0) }
    self.folder =
      folder.map { OutputFolder($0, record: record, workers: workers) }
      ?? OutputFolder(loaded.workspace.output, below: root, record: record, workers: workers)
    shared = program.map { Self.shared(loaded, $0) }
  }

  /// This very program: another build may generate something else under the same version.
  private static let program: String? = {
    guard let path = ProcessEnvironment.program else { return nil }
    var info = stat()
    guard stat(path, &info) == 0 else { return nil }
    return "\(KilnVersion.generator) \(FileStatus(info).text)"
  }()

  private static func shared(_ loaded: LoadedWorkspace, _ program: String) -> String {
    var text = program + "\n"
    let definitions = loaded.workspace.sources.filter { !SourceFile($0.key).isSpec }
    for (name, source) in definitions.sorted(by: { $0.key < $1.key }) {
      text += "\(name) \(ContentDigest(of: source).hex)\n"
    }
    for (name, digest) in loaded.copied.sorted(by: { $0.key < $1.key }) { text += "\(name) \(digest.hex)\n" }
    return ContentDigest(of: text).hex
  }

  /// Units that may be orphans: of all customers, or of the named ones alone; never those of a spec with errors.
  package func scope(_ customers: [String]) -> @Sendable (String) -> Bool {
    if !customers.isEmpty {
      let planned = Set(loaded.plans.map(\.customer))
      return { planned.contains($0) }
    }
    if loaded.isFleetWhole { return { _ in true } }
    // Which customers the broken specs describe is not known for certain: nothing is an orphan.
    return { _ in false }
  }

  /// Generated files of a customer that are not what the specs say.
  package func stale(_ plan: EnvironmentPlan) throws -> [String] {
    do {
      let delta = try folder.compare(
        with: units([plan]), generator: KilnVersion.generator, detail: .files, isInScope: { $0 == plan.customer })
      return delta.changes.map(\.path)
    } catch is LedgerError {
      return [Ledger.name]
    } catch let error as OutputObstacles {
      throw CommandError(error.all)
    }
  }

  /// What a customer's files depend on.
  private func key(_ plan: EnvironmentPlan) -> String? {
    guard let shared, let spec = loaded.workspace.sources[plan.spec.file] else { return nil }
    return ContentDigest(of: "\(shared)\n\(plan.spec.file)\n\(spec)").hex
  }

  /// The units of `plans` and of the runtimes that they stand on.
  package func units(_ plans: [EnvironmentPlan]) -> [OutputUnit] {
    Generator().units(plans, among: loaded.fleet, key: key)
  }

  /// The same, and the workspace's hosts where all customers are meant.
  /// - Parameter customers: All when it is empty.
  func units(of customers: [String]) -> [OutputUnit] {
    let units = units(loaded.plans)
    return customers.isEmpty && !loaded.hosts.isEmpty ? units + [hosts] : units
  }

  private var hosts: OutputUnit {
    let hosts = HostsOutput(loaded.hosts, in: loaded.workspace.output.appending(GeneratedFolder.hosts))
    return OutputUnit(GeneratedFolder.hosts, key: hostsKey) {
      var tree = ArtifactTree()
      try hosts.add(to: &tree, at: GeneratedFolder.hosts + "/")
      return tree
    }
  }

  /// What the files of hosts depend on: their specs, and those of the environments that they run.
  private var hostsKey: String? {
    guard let shared else { return nil }
    var text = "\(shared)\n\(loaded.workspace.output)\n"
    let own = loaded.workspace.sources.filter { SourceFile($0.key).isOfHosts }
    for (name, source) in own.sorted(by: { $0.key < $1.key }) {
      text += "\(name) \(ContentDigest(of: source).hex)\n"
    }
    let stacks = Set(loaded.hosts.flatMap(\.stacks).compactMap { $0.environment?.spec.file })
    for file in stacks.sorted() { text += "\(file) \(ContentDigest(of: loaded.workspace.sources[file] ?? "").hex)\n" }
    return ContentDigest(of: text).hex
  }
}

extension CommandError {
  /// Why an output folder cannot be used.
  package init(_ obstacles: [OutputObstacle]) {
    self.init(
      obstacles.map { Diagnostic("generate.obstacle", "\($0.path) \($0.reason)", suggestion: $0.help) }, kind: .problem)
  }
}
