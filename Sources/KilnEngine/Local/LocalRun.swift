import KilnArtifacts
import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnGeneration
package import KilnPlan
import KilnProcesses
import KilnSpec
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Runs a job, or any command in an app's image and environment, beside the environment that is up: in a container of its
/// own, of the version that serves, which is removed afterwards.
package struct LocalRun: Sendable {
  package let plan: EnvironmentPlan
  package let environment: LocalEnvironment

  package init(plan: EnvironmentPlan, environment: LocalEnvironment) {
    self.plan = plan
    self.environment = environment
  }

  private var customer: String { plan.customer }

  /// What `name` stands for: a job by its own name where one app has it, or with its app's as in `care-migrate`; or an app.
  private func workload(named name: String, isCommand: Bool) throws -> (workload: Workload, command: [String]) {
    let jobs = plan.apps.flatMap { app in app.spec.jobs.map { (app: app, job: $0) } }
    let own = jobs.filter { name == EnvironmentPlan.workload($0.job.name.value, of: $0.app.name) }
    let found = own.isEmpty ? jobs.filter { name == $0.job.name.value } : own
    if isCommand {
      if let app = plan.workloads.first(where: { $0.kind == .app && $0.name == name }) { return (app, []) }
      let apps = plan.apps.map(\.name)
      throw CommandError(
        "run.name", "\(customer) has no app \"\(Relayed.safe(name))\"",
        help: near(name, apps) ?? (apps.isEmpty ? "describe it in the spec" : "there are: \(Phrase.list(apps))"))
    }
    let names = jobs.map { EnvironmentPlan.workload($0.job.name.value, of: $0.app.name) }
    guard found.count < 2 else {
      throw CommandError(
        "run.name", "several apps of \(customer) have a job \"\(Relayed.safe(name))\"",
        help:
          "name one: \(Phrase.alternatives(found.map { EnvironmentPlan.workload($0.job.name.value, of: $0.app.name) }))"
      )
    }
    if let (app, job) = found.first,
      let workload = plan.workloads.first(where: {
        $0.name == EnvironmentPlan.workload(job.name.value, of: app.name)
      })
    {
      return (workload, job.command.value)
    }
    if plan.apps.contains(where: { $0.name == name }) {
      throw CommandError(
        "run.command", "\"\(name)\" is an app, and no command is given",
        help: "as in `kiln run \(customer) \(name) -- php -v`")
    }
    throw CommandError(
      "run.name", "\(customer) has no job \"\(Relayed.safe(name))\"",
      help: near(name, names + jobs.map(\.job.name.value))
        ?? (names.isEmpty
          ? "describe it under an app's `jobs`; any command runs by `kiln run \(customer) APP -- COMMAND`"
          : "there are: \(Phrase.list(names))"))
  }

  private func near(_ name: String, _ names: [String]) -> String? {
    nearest(to: name, among: names).map { "did you mean \"\($0)\"?" }
  }

  /// - Parameters:
  ///   - name: A job, or with a command an app.
  ///   - command: Empty for the job's own.
  /// - Returns: The program's exit code.
  package func run(_ name: String, command: [String], as user: String?) async throws -> Int32 {
    let (workload, own) = try workload(named: name, isCommand: !command.isEmpty)
    // Not in the middle of a start or a restore.
    try await environment.lock().release()
    let containers = try await environment.containers()
    guard let app = containers.first(where: { $0.isApp && $0.service == workload.app }) else {
      throw CommandError("local.down", "\(customer) is not up", help: "`kiln up \(customer)` starts it")
    }
    let folder = environment.folder.path
    let files = [folder.appending("compose.yaml"), folder.appending(LocalCompose.name)]
    let text = String(decoding: (try? RegularFile.read(files[0], limit: 1 << 26)) ?? [], as: UTF8.self)
    guard text.contains("\n  \(workload.name):\n") else {
      throw CommandError(
        "run.new", "\(workload.name) is not in the version that is up",
        help: "`kiln up \(customer)` brings it up to date")
    }
    let account = user ?? plan.app(named: workload.app ?? "")?.spec.user.value
    let hasTerminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
    let words =
      ["run", "--rm", "--no-deps"] + (hasTerminal ? [] : ["--no-TTY"]) + (account.map { ["--user", $0] } ?? [])
      + [workload.name] + (command.isEmpty ? own : command)
    return try await environment.project.attached(words, files: files, environment: variables(app, containers))
  }

  /// What the Compose file asks for, as the environment that is up has it.
  private func variables(_ app: EngineContainer, _ containers: [EngineContainer]) -> [String: String] {
    var variables = [
      EnvironmentVariables.workspace: environment.identity.id,
      EnvironmentVariables.secrets: SecretFiles.place.appending(environment.state.secrets ?? "none").string,
    ]
    for app in plan.apps {
      let image = containers.first { $0.isApp && $0.service == app.name }?.image ?? ""
      variables[EnvironmentVariables.tag(of: app.name)] = image.split(separator: ":").last.map(String.init) ?? "none"
    }
    return variables
  }
}
