package import KilnConsole
package import KilnDeploy
import KilnDiagnostics
import KilnDocuments
import KilnPlan
import KilnProcesses
import KilnSpec
package import KilnWorkspace

/// Deploys several customers, some to clusters and some as machines; what fails for one does not stop the others.
package struct EnvironmentDeployment: Sendable {
  private let run: DeployRun
  private let source: String?
  private let image: String?
  private let jobs: Int

  /// - Parameters:
  ///   - source: The stage whose images are taken; nil for what the spec says.
  ///   - image: That of the only machine: a URI or an id.
  package init(_ run: DeployRun, from source: String? = nil, image: String? = nil, jobs: Int) {
    self.run = run
    self.source = source
    self.image = image
    self.jobs = jobs
  }

  /// The customers that are meant: those that are named, or all that are deployed.
  /// - Throws: `deploy.target` where there is none, `deploy.image` where an image is given for none that takes one.
  package func names(_ customers: [String]) throws -> [String] {
    let names = customers.isEmpty ? run.loaded.plans.filter(\.isDeployed).map(\.customer) : customers
    guard let first = names.first else { throw CommandError.noDeployment(nil) }
    if image != nil, try run.loaded.plan(of: first).spec.azureDeployment == nil {
      throw CommandError(
        "deploy.image", "\(first) has no machine in Azure to deploy", help: "--image is for those: leave it out")
    }
    return names
  }

  private func isMachine(_ customer: String) -> Bool {
    (try? run.loaded.plan(of: customer))?.spec.azureDeployment != nil
  }

  /// - Throws: `Interruption.Failure` alone; what else fails is among the results.
  package func deploy(_ customers: [String]) async throws -> FleetDeployment.Results {
    var seen: Set<String> = []
    let customers = customers.filter { seen.insert($0).inserted }
    var run = run
    run.isTitled = customers.count > 1
    // Before anything is built, and not when the message is due.
    let unusable = Notifier(run.loaded.workspace.notificationTargets, run.context).problems
    run.context.console.report(unusable, sources: [:])
    let machines = customers.filter(isMachine)
    let others = customers.filter { !machines.contains($0) }
    let clusters = others.isEmpty ? nil : try await FleetDeployment(run, from: source, jobs: jobs).deploy(others)
    let deployment = MachineDeployment(run, from: source, image: image)
    let found = await machines.concurrentMap(width: jobs) { customer in
      await Self.result(customer) { try await deployment.deploy(customer) }
    }
    try Interruption.check()
    let results = (clusters?.results ?? []) + found
    return .init(
      stage: run.stage, results: customers.compactMap { name in results.first { $0.customer == name } })
  }

  package func rollback(_ customer: String, to number: Int?) async throws -> FleetDeployment.Results {
    guard isMachine(customer) else { return try await FleetDeployment(run, jobs: 1).rollback(customer, to: number) }
    let deployment = MachineDeployment(run)
    let result = await Self.result(customer) { try await deployment.rollback(customer, to: number) }
    return .init(stage: run.stage, results: [result])
  }

  /// - Returns: Lines of what would change, for each customer.
  package func preview(_ customer: String) async throws -> (text: String, isEmpty: Bool) {
    if isMachine(customer) {
      let preview = try await MachineDeployment(run, from: source, image: image).preview(customer)
      return (preview.lines.map { Relayed.safe($0) + "\n" }.joined(), preview.isEmpty)
    }
    let preview = try await run.preview(run.prepare(customer))
    return (preview.text, preview.isEmpty)
  }

  private static func result(
    _ customer: String, _ body: () async throws -> DeployOutcome
  ) async -> FleetDeployment.Results.Result {
    do { return .init(customer: customer, outcome: .success(try await body())) } catch {
      return .init(customer: customer, outcome: .failure(error))
    }
  }
}

/// The stages of customers, in clusters and of machines.
package struct EnvironmentStages: Sendable {
  private let clusters: DeployedStages?
  private let machines: MachineStages

  /// - Parameter stage: Only this one; of customers that have none, their only deployment.
  package init(_ loaded: LoadedWorkspace, _ customers: [String], stage: String?, _ context: CommandContext) throws {
    let own = try customers.filter { try loaded.plan(of: $0).spec.azureDeployment != nil }
    machines = try MachineStages(loaded, own, stage: stage, isOnly: customers.count == 1, context)
    // Of several customers not all have every stage.
    let others = try customers.filter { name in
      let stages = try loaded.plan(of: name).spec.stages.map(\.name.value)
      return !own.contains(name)
        && (customers.count == 1 || stage.map { stages.isEmpty || stages.contains($0) } ?? true)
    }
    clusters = others.isEmpty ? nil : try DeployedStages(loaded, others, stage: stage, context)
    if clusters == nil, machines.isEmpty { throw CommandError.noDeployment(stage) }
  }

  package func history() async throws -> DeployedStages.History {
    if let clusters { return try await clusters.history() }
    return try await machines.history()
  }

  /// Prints what runs.
  /// - Returns: Whether all is well.
  package func showStatus(asJSON isJSON: Bool, on console: Console) async throws -> Bool {
    let found = try await clusters?.status() ?? []
    let own = try await machines.status()
    let documents = found.map(\.document) + own.documents
    if !isJSON {
      for status in found { console.output(status.text) }
      console.output(own.text)
    } else if let document = DocumentValue.results(documents, isOne: documents.count == 1) {
      console.output(json: document)
    }
    return found.allSatisfy(\.isHealthy) && own.isHealthy
  }

  package func fleet(jobs: Int) async throws -> DeployedFleet {
    let found = try await (clusters?.deployments(jobs: jobs) ?? []) + machines.deployments(jobs: jobs)
    return DeployedFleet(found, at: DeployClock.system.seconds)
  }
}
