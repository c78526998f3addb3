public import ArgumentParser
import Foundation
import KilnArtifacts
import KilnContext
public import KilnDiagnostics
import KilnDocuments
import KilnGeneration
import KilnPlan
import KilnSpec
import KilnWorkers
import SystemPackage

/// What a command runs in; tests give their own.
struct CommandContext: Sendable {
  let environment: [String: String]
  /// Absolute.
  let folder: FilePath
  let console: Console

  static func current(color: ColorChoice) -> CommandContext {
    let environment = ProcessInfo.processInfo.environment
    return CommandContext(
      environment: environment, folder: FilePath(FileManager.default.currentDirectoryPath),
      console: .standard(environment: environment, color: color))
  }

  /// Whether `value` is what the variable really holds; Foundation repairs bytes that are not UTF-8.
  static func isText(_ variable: String, _ value: String) -> Bool {
    guard value.unicodeScalars.contains("\u{FFFD}"), let raw = getenv(variable) else { return true }
    return String(validatingCString: raw) == value
  }
}

/// Flags that every workspace command takes.
struct WorkspaceOptions: ParsableArguments {
  @Option(
    name: [.short, .customLong("workspace")],
    help: ArgumentHelp("The workspace's folder; else kiln.yaml is looked for upward.", valueName: "dir"))
  var workspace: String?

  @Option(help: "Colours: auto, always or never.")
  var color: ColorChoice = .auto

  @Option(name: .shortAndLong, help: ArgumentHelp("Threads; else one for each processor.", valueName: "number"))
  var jobs: Int?

  var workers: Workers { Workers(count: jobs) }

  @Flag(name: .shortAndLong, help: "Say nothing but problems.")
  var quiet = false
}

extension ColorChoice: ExpressibleByArgument {}
extension DiagnosticRenderer.Format: ExpressibleByArgument {}

/// A workspace read and resolved for a command.
struct LoadedWorkspace: Sendable {
  let workspace: Workspace
  /// Plans of the environments that were asked for and have no errors, by customer.
  let plans: [EnvironmentPlan]
  /// Plans of all environments without errors.
  let fleet: [EnvironmentPlan]
  /// Files that definitions copy into images, with the digest of their contents.
  let copied: [String: ContentDigest]
  /// Such files that are not there.
  let missing: Set<String>
  /// Whether every environment of the workspace has a plan.
  let isFleetWhole: Bool
  let problems: [Diagnostic]
}

extension CommandContext {
  /// The workspace's root, or a message and exit 1.
  func root(_ options: WorkspaceOptions) throws -> FilePath { try root(of: options.workspace) }

  /// The same for a folder that is named, or this one.
  func root(of workspace: String?) throws -> FilePath {
    let start = folder.pushing(FilePath(workspace ?? "."))
    if let root = Workspace.root(above: start) { return root }
    console.error(
      """
      error: there is no kiln.yaml in \(start.lexicallyNormalized()) or above it
        = help: `kiln init` makes a workspace here; `--workspace DIR` names one elsewhere

      """)
    throw KilnExit.problems
  }

  /// Reads the workspace and resolves the environments of `customers`, or all.
  func load(_ options: WorkspaceOptions, customers: [String]) throws -> LoadedWorkspace {
    let all = try read(try root(options), options)
    guard !customers.isEmpty else { return all }
    let chosen = try choose(customers, from: all.workspace)
    // Problems of files that other customers own are theirs alone.
    let others = Set(all.workspace.environments.filter { !chosen.contains($0.customer.value) }.map(\.file))
    return LoadedWorkspace(
      workspace: all.workspace, plans: all.plans.filter { chosen.contains($0.customer) }, fleet: all.fleet,
      copied: all.copied, missing: all.missing, isFleetWhole: all.isFleetWhole,
      problems: all.problems.filter { !others.contains($0.location?.file ?? "") })
  }

  /// Reads a workspace and resolves all its environments.
  ///
  /// - Parameter checkingFiles: Whether the sources that specs name must be there.
  func read(_ root: FilePath, _ options: WorkspaceOptions, checkingFiles: Bool = true) throws -> LoadedWorkspace {
    let workspace = WorkspaceReader(workers: options.workers).read(root)
    var problems = workspace.problems
    let files = WorkspaceFiles(root: root, containment: workspace.containment)
    if checkingFiles { problems += files.problems(inAllowed: workspace.allowed) }
    let resolver = PlanResolver(
      definitions: workspace.definitions, registry: workspace.registry, recipes: ImageRecipes(),
      readFile: { files.read($0, $1) })
    var plans: [EnvironmentPlan] = []
    let resolved = try options.workers.map(workspace.environments) { environment in
      let (plan, found) = resolver.resolve(environment)
      return (plan: plan, problems: found + (checkingFiles ? files.problems(in: environment) : []))
    }
    for (plan, found) in resolved {
      problems += found
      if let plan { plans.append(plan) }
    }
    return LoadedWorkspace(
      workspace: workspace, plans: plans, fleet: plans, copied: files.copied, missing: files.missing,
      isFleetWhole: plans.count == workspace.environmentFiles.count && workspace.duplicateCustomers.isEmpty,
      problems: problems.filter { !$0.isConsequence }.inCanonicalOrder())
  }

  private func choose(_ customers: [String], from workspace: Workspace) throws -> Set<String> {
    let files = workspace.environmentFiles
    let known = Set(workspace.environments.map(\.customer.value))
    for customer in customers where !known.contains(customer) {
      // A file that could not be read may be the customer's: its problems are told instead.
      if files.contains("environments/\(customer).yaml") { continue }
      let near = nearest(to: customer, among: known.sorted()).map { "did you mean \"\($0)\"?" }
      console.error(
        "error: there is no customer \"\(customer)\" in the workspace\n  = help: \(near ?? "there are: \(Phrase.some(known.sorted(), limit: 10))")\n"
      )
      throw KilnExit.problems
    }
    return Set(customers)
  }

  /// The ignore rules of a folder with an application.
  func ignore(_ folder: FilePath, within containment: Containment) throws -> IgnoreRules {
    do { return try ContextFolder(folder, within: containment).source.ignore } catch let error as ContextFolderError {
      report(error.problems, sources: [error.file: String(decoding: error.text, as: UTF8.self)])
      throw KilnExit.problems
    } catch let error as DiagnosticsError {
      report(error.diagnostics)
      throw KilnExit.problems
    }
  }

  /// Prints `problems` to standard error and stops with exit 1 when one is an error.
  func stopOnErrors(_ loaded: LoadedWorkspace) throws {
    report(loaded.problems, sources: loaded.workspace.excerpts)
    guard loaded.problems.hasErrors else { return }
    throw KilnExit.problems
  }

  func report(_ problems: [Diagnostic], sources: [String: String] = [:]) {
    guard !problems.isEmpty else { return }
    console.error(DiagnosticRenderer(color: console.color, sources: { sources[$0] }).terminal(problems))
    let errors = problems.filter { $0.severity == .error }.count
    let warnings = problems.count - errors
    console.error(
      [Self.count(errors, "error"), Self.count(warnings, "warning")].compactMap { $0 }.joined(separator: ", ") + "\n")
  }

  static func count(_ number: Int, _ noun: String) -> String? {
    number == 0 ? nil : Phrase.count(number, noun)
  }
}
