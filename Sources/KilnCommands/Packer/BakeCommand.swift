import ArgumentParser
import Foundation
import KilnArtifacts
import KilnConsole
import KilnContext
import KilnDiagnostics
import KilnDocuments
import KilnEngine
import KilnGeneration
import KilnPacker
import KilnPlan
import KilnProcesses
import KilnSpec
import KilnWorkspace
import Synchronization
import SystemPackage

struct BakeCommand: KilnSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "bake", abstract: "Bake an environment's machine image with Packer.",
    discussion: """
      Examples:
        kiln bake acme                      every builder of the template
        kiln bake acme --only docker        a container that the playbook made, to try it without Azure
        kiln bake acme --format json        what was built, as kiln packer-log prints it

      Packs the application, runs `packer build` on the generated template, keeps its output in
      dist/CUSTOMER/packer-build.log and reads it while it runs. goss runs inside and fails the build. When all is good and
      the manifest agrees, the spec's deployment parameters are patched. SIGINT goes to Packer, which cleans up.
      """)

  @OptionGroup var options: WorkspaceOptions
  @Option(help: "Only this builder: azure-arm or docker; may be repeated.") var only: [String] = []
  @Option(help: "text or json.") var format: ContextListCommand.Format = .text
  @Argument(help: "The customer.") var customer: String

  var color: ColorChoice { options.color }

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: [customer])
    try context.stopOnErrors(loaded)
    let plan = try loaded.plan(of: customer)
    guard plan.spec.machine != nil else {
      throw CommandError("bake.machine", "\(customer) has no machine", help: "give its spec a `machine`")
    }
    let tree = try Generator().generate([plan])
    try refuseStale(plan, loaded)
    let root = loaded.workspace.root
    let dist = WorkspaceLayout(root).dist
    let app = try loaded.images(of: plan, in: tree).filter { $0.kind == .app }
    _ = try EnvironmentPacking(dist: dist, compression: .none, time: context.sourceDate())
      .run(app, context, isQuiet: options.quiet)
    let run = PackerRun(
      root: root,
      template: loaded.workspace.output.appending(customer).appending("packer").appending("\(customer).json"),
      folder: dist.appending(customer), only: only, isQuiet: options.quiet, context: context)
    let report = try await run.run(needsAzure: plan.spec.machine?.azure != nil, secrets: plan.buildSecrets)
    if let parameters = plan.spec.machine?.parameters { try patch(parameters, run.log, root, context) }
    if format == .json {
      context.console.output(json: report.withoutSignatures.document)
    } else {
      let output = PackerLogOutput(report: report, build: nil, format: .text, showsSecrets: false)
      try output.print(output.all().text, in: context)
    }
  }

  /// What is baked is what was reviewed: the generated files are those of the specs.
  private func refuseStale(_ plan: EnvironmentPlan, _ loaded: LoadedWorkspace) throws {
    let stale = try GeneratedOutput(loaded: loaded, folder: nil, workers: options.workers).stale(plan)
    guard !stale.isEmpty else { return }
    let files = "\(Phrase.count(stale.count, "generated file")) of \(customer) \(stale.count == 1 ? "is" : "are")"
    let names = stale.prefix(3).joined(separator: ", ") + (stale.count > 3 ? " …" : "")
    throw CommandError(
      "bake.stale", "\(files) not what the specs say: \(names)", help: "`kiln generate \(customer)`")
  }

  /// As `kiln parameters patch` with the kept log.
  private func patch(
    _ parameters: EnvironmentSpec.DeploymentParameters, _ log: FilePath, _ root: FilePath, _ context: CommandContext
  ) throws {
    func absolute(_ path: FilePath) -> String { root.pushing(path).lexicallyNormalized().string }
    var arguments = parameters.files.map { absolute($0.value) } + ["--log", log.string]
    if let template = parameters.template { arguments += ["--template", absolute(template.value)] }
    for entry in parameters.set { arguments += ["--artifact", "\(entry.name)=\(entry.value)"] }
    for entry in parameters.tokens { arguments += ["--token-artifact", "\(entry.name)=\(entry.value)"] }
    try PatchCommand.parse(arguments).run(in: context)
  }
}

/// One `packer build`.
private struct PackerRun: Sendable {
  let root: FilePath
  /// Relative to the root, or absolute.
  let template: FilePath
  let folder: FilePath
  let only: [String]
  let isQuiet: Bool
  let context: CommandContext

  var log: FilePath { folder.appending("packer-build.log") }

  private static let credentials = ["ARM_CLIENT_ID", "ARM_CLIENT_SECRET", "ARM_SUBSCRIPTION_ID", "ARM_TENANT_ID"]

  /// - Throws: `CommandError` for a bake that is not good, once Packer has cleaned up.
  func run(needsAzure: Bool, secrets: [(name: String, variable: String)]) async throws -> PackerReport {
    let asksAzure = needsAzure && (only.isEmpty || only.contains("azure-arm"))
    var wanted = (asksAzure ? Self.credentials : []).map { (variable: $0, use: "Azure") }
    // What the playbook looks up after twenty minutes is asked for now.
    wanted += secrets.map { (variable: $0.variable, use: "the secret \($0.name)") }
    let missing = wanted.filter { (context.environment[$0.variable] ?? "").isEmpty }
    guard missing.isEmpty else {
      throw CommandError(
        missing.map { Diagnostic("bake.variable", "the environment has no \($0.variable), for \($0.use)") },
        kind: .problem)
    }
    try EnvironmentPacking.makeFolder(folder)
    let packer = context.tool("packer")
    var arguments = ["-var", "goss=\(try context.goss())"]
    if !only.isEmpty { arguments.append("-only=\(only.joined(separator: ","))") }
    arguments.append(template.string)
    let settings = ["CHECKPOINT_DISABLE": "1", "PACKER_NO_COLOR": "1"]
    do {
      let said = Mutex("")
      let code = try await packer.stream(["validate"] + arguments, environment: settings, folder: root) { bytes in
        said.withLock { $0 += String(decoding: bytes, as: UTF8.self) }
      }
      try Interruption.check()
      if code != 0 {
        let lines = said.withLock { $0 }.split(separator: "\n").map { Relayed.safe(String($0)) }
        throw CommandError("bake.template", "Packer refuses \(template)", details: lines)
      }
      return try await build(packer, ["build", "-color=false"] + arguments, settings)
    } catch is Tool.Missing {
      throw CommandError("tool.missing", "packer is not on the PATH", help: "apt-get install packer")
    }
  }

  private func build(_ packer: Tool, _ arguments: [String], _ settings: [String: String]) async throws -> PackerReport {
    let file: FileDescriptor
    do {
      file = try FileDescriptor.open(
        log, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: FilePermissions(rawValue: 0o600))
    } catch let error as Errno { throw FileSystemError("write", log, error) }
    defer { try? file.close() }
    let reader = Mutex(PackerLogReader())
    // Packer prints signatures as they are; the log, which others cannot read, keeps them.
    let relay = context.console.relay(edit: SASRedaction.redacted)
    let isShown = !isQuiet
    let path = log
    let code = try await packer.stream(arguments, environment: settings, folder: root) { bytes in
      do {
        try file.writeWhole(bytes)
      } catch let error as Errno { throw FileSystemError("write", path, error) }
      reader.withLock { $0.read(bytes) }
      if isShown { relay.write(bytes) }
    }
    relay.finish()
    let report = reader.withLock { $0.finish() }
    if Interruption.count > 0 {
      throw CommandError(
        "bake.interrupted", "interrupted; Packer cleaned up and ended with \(code); its log is \(log)",
        kind: .interrupted)
    }
    try judge(report, code)
    return report
  }

  /// The exit code, the log and the manifest must all say that it is good.
  private func judge(_ report: PackerReport, _ code: Int32) throws {
    do {
      _ = try ArtifactChoice(report).builds()
    } catch {
      throw CommandError(
        "bake.failed", Relayed.safe(error.reason),
        details: error.details + ["Packer ended with \(code); its log is \(log)"], help: error.help.map(Relayed.safe))
    }
    guard code == 0 else {
      throw CommandError("bake.failed", "Packer ended with \(code), though its log tells of no failure: \(log)")
    }
    let manifest = folder.appending("packer-manifest.json")
    guard let data = FileManager.default.contents(atPath: manifest.string) else {
      throw CommandError("bake.manifest", "Packer wrote no manifest at \(manifest)")
    }
    let differences: [String]
    do { differences = try PackerManifest(data).differences(from: report) } catch { differences = ["\(error)"] }
    try LogFile.refuse(differences)
  }
}
