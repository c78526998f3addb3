package import KilnArtifacts
import KilnConsole
package import KilnContext
import KilnDiagnostics
import KilnDocuments
import KilnGeneration
import KilnPlan
package import KilnProcesses
package import KilnSpec
package import SystemPackage

extension CommandContext {
  /// The root of the workspace that a folder is in; of this one where none is named.
  package func root(of workspace: String?) throws -> FilePath {
    let start = folder.pushing(FilePath(workspace ?? "."))
    if let root = Workspace.root(above: start) { return root }
    throw CommandError(
      "workspace.missing", "there is no kiln.yaml in \(start.lexicallyNormalized()) or above it",
      help: "`kiln init` makes a workspace here; `--workspace DIR` names one elsewhere")
  }

  /// What specs of the workspace that this folder is in can name; problems of the files are printed.
  package func definitions() throws -> Definitions {
    let (definitions, problems) = WorkspaceReader().definitions(try root(of: nil))
    console.report(problems, sources: [:])
    return definitions
  }

  /// Reads the workspace and resolves the environments of `customers`, or all.
  /// - Parameter refreshes: In place of what `kiln.lock` says.
  package func load(
    workspace: String?, customers: [String], workers: Workers, refreshes: ImageRefreshes? = nil
  ) throws -> LoadedWorkspace {
    let all = try read(try root(of: workspace), workers, refreshes: refreshes)
    guard !customers.isEmpty else { return all }
    let chosen = try choose(customers, from: all)
    // Problems of files that other customers own are theirs alone; one that cannot be read is known by its name.
    let own = Set(
      all.workspace.environments.filter { chosen.contains($0.customer.value) }.map(\.file)
        + chosen.flatMap(Workspace.files))
    let others = Set(all.workspace.environmentFiles).subtracting(own)
    return LoadedWorkspace(
      workspace: all.workspace, plans: all.plans.filter { chosen.contains($0.customer) }, fleet: all.fleet,
      hosts: all.hosts, copied: all.copied, missing: all.missing, isFleetWhole: all.isFleetWhole,
      problems: all.problems.filter { problem in
        guard let file = problem.location?.file else { return true }
        return !others.contains(file) && !SourceFile(file).isOfHosts
      })
  }

  /// Reads a workspace and resolves all its environments.
  ///
  /// - Parameter checkingFiles: Whether the sources that specs name must be there.
  package func read(
    _ root: FilePath, _ workers: Workers, checkingFiles: Bool = true, refreshes: ImageRefreshes? = nil
  ) throws -> LoadedWorkspace {
    let workspace = WorkspaceReader(workers: workers).read(root)
    var problems = workspace.problems
    if workspace.environmentFiles.isEmpty, workspace.hosts.isEmpty, !problems.hasErrors {
      problems.append(
        Diagnostic(
          "workspace.empty", "there is no environment in environments/", severity: .warning,
          suggestion: "`kiln new CUSTOMER` writes a spec"))
    }
    let files = WorkspaceFiles(root: root, containment: workspace.containment)
    if checkingFiles { problems += files.problems(inAllowed: workspace.allowed) }
    let resolver = PlanResolver(
      definitions: workspace.definitions, registry: workspace.registry,
      refreshes: refreshes ?? workspace.refreshes, clusters: workspace.clusters, recipes: ImageRecipes(),
      readFile: { files.read($0, $1) })
    var plans: [EnvironmentPlan] = []
    let resolved = try workers.map(workspace.environments) { environment in
      let (plan, found) = resolver.resolve(environment)
      return (plan: plan, problems: found + (checkingFiles ? files.problems(in: environment) : []))
    }
    for (plan, found) in resolved {
      problems += found
      if let plan { plans.append(plan) }
    }
    let hosts = hosts(of: workspace, plans, resolver, &problems)
    return LoadedWorkspace(
      workspace: workspace, plans: plans, fleet: plans, hosts: hosts, copied: files.copied, missing: files.missing,
      isFleetWhole: plans.count == workspace.environmentFiles.count && workspace.duplicateCustomers.isEmpty,
      problems: problems.filter { !$0.isConsequence }.inCanonicalOrder())
  }

  private func hosts(
    of workspace: Workspace, _ plans: [EnvironmentPlan], _ resolver: PlanResolver, _ problems: inout [Diagnostic]
  ) -> [HostPlan] {
    if workspace.hosts.isEmpty { return [] }
    let environments = Dictionary(plans.map { ($0.customer, $0) }) { first, _ in first }
    var seen: Set<Diagnostic> = []
    return workspace.hosts.compactMap { host in
      var components: EnvironmentPlan?
      if let spec = host.componentSpec {
        let (plan, found) = resolver.resolve(spec)
        // What a group says is said of each of its hosts.
        problems += found.filter { seen.insert($0).inserted }
        guard let plan else { return nil }
        components = plan
      }
      return HostPlan(host, environments: environments, components: components)
    }
  }

  private func choose(_ customers: [String], from loaded: LoadedWorkspace) throws -> Set<String> {
    for customer in customers where !loaded.workspace.describes(customer) {
      throw CommandError.unknownCustomer(customer, among: loaded.workspace.environments.map(\.customer.value).sorted())
    }
    return Set(customers)
  }

  /// Stops where no spec of the workspace is of the customer; a file of its name that cannot be read counts as one.
  package func stopUnlessKnown(_ customer: String, in root: FilePath) throws {
    let workspace = WorkspaceReader(workers: Workers(count: nil)).read(root)
    if workspace.describes(customer) { return }
    throw CommandError.unknownCustomer(customer, among: workspace.environments.map(\.customer.value).sorted())
  }

  /// The ignore rules of a folder with an application.
  package func ignore(_ folder: FilePath, within containment: Containment) throws -> IgnoreRules {
    try ContextFolder(folder, within: containment).source.ignore
  }

  /// Stops where the workspace has errors; warnings are printed.
  package func stopOnErrors(_ loaded: LoadedWorkspace) throws {
    if loaded.problems.hasErrors { throw CommandError(loaded.problems, sources: loaded.workspace.excerpts) }
    console.report(loaded.problems, sources: loaded.workspace.excerpts)
  }
}

extension Workspace {
  /// Whether a spec is the customer's. One that cannot be used, as for an error of its profile, is known by its file's name:
  /// its problems are reported then, and not that there is no such customer.
  func describes(_ customer: String) -> Bool {
    environments.contains { $0.customer.value == customer }
      || Self.files(of: customer).contains(where: environmentFiles.contains)
  }

  /// What a customer's spec may be called.
  fileprivate static func files(of customer: String) -> [String] {
    ["yaml", "yml"].map { "environments/\(customer).\($0)" }
  }
}
