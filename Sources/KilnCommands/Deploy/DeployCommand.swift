import ArgumentParser
import KilnConsole
import KilnDeploy
import KilnDiagnostics
import KilnMachines
import KilnWorkspace

/// What all commands take that change a cluster.
struct DeployOptionGroup: ParsableArguments {
  @Option(help: ArgumentHelp("Approve the release, and say why: where the stage has `approval`.", valueName: "why"))
  var approve: String?
  @Option(
    help: ArgumentHelp("Seconds that each part may take: 600, of machines 1800.", valueName: "seconds"),
    transform: OptionRule.seconds)
  var timeout: Int?
  @Option(
    help: ArgumentHelp("Seconds to wait for another deployment of the customer.", valueName: "seconds"),
    transform: OptionRule.patience)
  var lockTimeout = 600
  @Flag(help: "Take over a namespace that Kiln has not made.") var adopt = false
  @Option(help: "text or json.") var format: ContextListCommand.Format = .text

  func validate() throws {
    if let approve, approve.allSatisfy(\.isWhitespace) {
      throw ValidationError("--approve needs a reason, as in --approve CHG-12")
    }
  }

  func run(_ loaded: LoadedWorkspace, stage: String?, _ options: WorkspaceOptions, _ context: CommandContext)
    -> DeployRun
  {
    var run = DeployRun(loaded, stage: stage, context)
    (run.timeout, run.machineTimeout) = (timeout ?? run.timeout, timeout ?? run.machineTimeout)
    (run.lockTimeout, run.isAdopting, run.approval) = (lockTimeout, adopt, approve)
    (run.isQuiet, run.workers) = (options.quiet, options.workers)
    return run
  }
}

struct DeployCommand: WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "deploy", abstract: "Deploy environments to their Kubernetes clusters, or their machines to Azure.",
    discussion: """
      Examples:
        kiln deploy acme --stage qa           build, push, apply, wait, check
        kiln deploy acme --stage qa --diff    show what would change; exit 2
        kiln deploy --stage qa --jobs 4       all customers, four at a time
        kiln deploy acme --stage qa --image "$URI"    a machine's image that is there

      Where a stage comes after another, only images go there that have passed that.
      A release that is not well within --timeout is taken back: the one before runs
      again, exit 1. A second deployment of the same changes nothing.
      """)

  @Option(help: "The stage; needed where the spec has stages.") var stage: String?
  @Flag(inversion: .prefixedNo, help: "Build and push what the registry lacks.") var build = true
  @Flag(help: "Change nothing; print the differences and which pods would restart, exit 2 when there are some.")
  var diff = false
  @Option(
    help: ArgumentHelp(
      "A machine's image: the URI of a VHD or an image's id; what `kiln bake` made without.", valueName: "image"))
  var image: String?
  @OptionGroup var deploy: DeployOptionGroup
  @OptionGroup var options: WorkspaceOptions
  @Argument(help: "Customers; all that are deployed when none is named.") var customers: [String] = []

  func validate() throws {
    if diff, deploy.format == .json { throw ValidationError("--diff prints text: leave out --format json") }
    if image != nil, customers.count != 1 { throw ValidationError("--image takes one customer") }
  }

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: customers)
    try context.stopOnErrors(loaded)
    var run = deploy.run(loaded, stage: stage, options, context)
    run.isBuilding = build
    run.isPreview = diff
    let deployment = EnvironmentDeployment(run, image: image, jobs: options.jobs ?? 1)
    let names = try deployment.names(customers)
    if diff { return try await show(names, deployment, context) }
    let results = try await deployment.deploy(names)
    try results.finish(deploy.format, on: context.console, errorReport)
  }

  private func show(_ names: [String], _ deployment: EnvironmentDeployment, _ context: CommandContext) async throws {
    var isDifferent = false
    try await each(of: names, in: context, isTitled: true) { name in
      let preview = try await deployment.preview(name)
      context.console.output(preview.text)
      isDifferent = isDifferent || !preview.isEmpty
    }
    if isDifferent { throw KilnExit.difference }
  }
}

struct PromoteCommand: WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "promote", abstract: "Deploy to a stage the images that another stage runs.",
    discussion: """
      Example:
        kiln promote acme --from qa --to production --approve "CHG-12, Kim"

      Nothing is built: the same digests run with the other stage's values.
      """)

  @Option(help: "The stage whose release is taken.") var from: String
  @Option(help: "The stage that gets it.") var to: String
  @OptionGroup var deploy: DeployOptionGroup
  @OptionGroup var options: WorkspaceOptions
  @Argument(help: "Customers.") var customers: [String]

  func validate() throws {
    if from == to { throw ValidationError("--from and --to are the same stage") }
  }

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: customers)
    try context.stopOnErrors(loaded)
    let run = deploy.run(loaded, stage: to, options, context)
    let results = try await EnvironmentDeployment(run, from: from, jobs: options.jobs ?? 1).deploy(customers)
    try results.finish(deploy.format, on: context.console, errorReport)
  }
}

struct RollbackCommand: WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback", abstract: "Bring an earlier release back.",
    discussion: """
      Examples:
        kiln rollback acme --stage production          the good one before the last
        kiln rollback acme --stage production --to 7   as `kiln history` numbers them

      Images, values and secrets are those of that release; jobs do not run, and data
      stays as it is.
      """)

  @Option(help: "The stage; needed where the spec has stages.") var stage: String?
  @Option(help: "The release's number.") var to: Int?
  @OptionGroup var deploy: DeployOptionGroup
  @OptionGroup var options: WorkspaceOptions
  @Argument(help: "The customer.") var customer: String

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: [customer])
    let run = deploy.run(loaded, stage: stage, options, context)
    let results = try await EnvironmentDeployment(run, jobs: 1).rollback(customer, to: to)
    try results.finish(deploy.format, on: context.console, errorReport)
  }
}

extension FleetDeployment.Results {
  /// Prints the results, and ends the command where one failed.
  func finish(_ format: ContextListCommand.Format, on console: Console, _ report: ErrorReport) throws {
    if format == .json { console.output(json: document) } else { console.output(text) }
    var worst = ExitCode.success
    for (customer, failure) in failures {
      if count > 1 { console.error("\(customer):\n") }
      let code = KilnCommand.report(failure, as: report, on: console)
      if code.rawValue > worst.rawValue { worst = code }
    }
    if !worst.isSuccess { throw worst }
  }
}
