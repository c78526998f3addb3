import KilnAnsible
import KilnArtifacts
import KilnConsole
import KilnContext
import KilnDiagnostics
import KilnDocuments
import KilnEngine
import KilnGeneration
import KilnPlan
import KilnProcesses
import KilnSpec
import KilnWorkspace
import SystemPackage

/// The images of an environment that hosts run: the same that `kiln build` makes.
struct HostImage: Sendable {
  /// As the Compose file names it.
  let reference: String
  let app: String?
  /// Where the registry has it, by its digest; nil where it goes over as an archive.
  let pull: String?
  /// What `docker save` wrote; nil where it is pulled, or nothing is changed.
  let archive: FilePath?
}

/// What the role `stacks` is told of each host: which images, values and secrets each stack has.
struct HostStacks: Sendable {
  let loaded: LoadedWorkspace
  let hosts: [HostPlan]
  /// Where the stacks' Compose files are.
  let folder: FilePath
  let isQuiet: Bool
  let context: CommandContext

  private var layout: WorkspaceLayout { WorkspaceLayout(loaded.workspace.root) }

  /// Every variable of a password or a secret that has no value.
  func missingSecrets() -> [Diagnostic] {
    var seen: Set<String> = []
    var problems: [Diagnostic] = []
    for host in hosts {
      for user in host.spec.https?.users ?? [] where (context.environment[user.variable] ?? "").isEmpty {
        guard seen.insert("\(user.user.location.text) \(user.variable)").inserted else { continue }
        problems.append(
          Diagnostic(
            "hosts.secret", "the variable \(user.variable) is not set; it holds the password of \(user.user.value)",
            at: user.user.location))
      }
      for plan in host.stacks.compactMap(\.environment) {
        for secret in plan.localSecrets {
          guard let problem = plan.problem(ofVariable: secret.use.variable, in: context.environment),
            seen.insert(problem).inserted
          else { continue }
          problems.append(Diagnostic("hosts.secret", problem))
        }
      }
    }
    return problems
  }

  /// What hides the values in what Ansible prints.
  var mask: SecretMask {
    let passwords = hosts.flatMap { $0.spec.https?.users ?? [] }.map(\.variable)
    let secrets = hosts.flatMap(\.stacks).compactMap(\.environment).flatMap(\.localSecrets).map(\.use.variable)
    return SecretMask(Set(passwords + secrets).compactMap { context.environment[$0] })
  }

  // MARK: Images

  /// By customer.
  /// - Parameter isBuilding: Whether they are made and saved; else only their names are found out.
  func images(isBuilding: Bool) async throws -> [String: [HostImage]] {
    var plans: [String: EnvironmentPlan] = [:]
    for plan in hosts.flatMap(\.stacks).compactMap(\.environment) { plans[plan.customer] = plan }
    var images: [String: [HostImage]] = [:]
    for (customer, plan) in plans.sorted(by: { $0.key < $1.key }) {
      images[customer] = isBuilding ? try await built(plan) : try named(plan)
    }
    return images
  }

  private func named(_ plan: EnvironmentPlan) throws -> [HostImage] {
    try loaded.images(of: plan).filter { !$0.isRuntime }.map { image in
      let staged = try ContextStage(
        layout.contexts.pushing(FilePath(image.archive)), below: loaded.workspace.root
      ).update(image.source, check: { try Interruption.check() })
      return HostImage(
        reference: image.reference(staged).description, app: image.app, pull: nil, archive: nil)
    }
  }

  private func built(_ plan: EnvironmentPlan) async throws -> [HostImage] {
    let engine = try await ContainerEngine.found(by: context.processes)
    let build = EnvironmentBuild(
      engine: engine, root: loaded.workspace.root, time: try context.sourceDate(), isPushing: plan.registry != nil,
      isForced: false, isQuiet: isQuiet, context: context)
    let all = try loaded.images(of: plan)
    let runtimes = all.filter(\.isRuntime)
    let results = try await build.build(all.filter { !$0.isRuntime }, of: plan, known: [], on: runtimes)
    var images: [HostImage] = []
    // The runtime is part of the app's own.
    for result in results where result.name != EnvironmentPlan.runtimeName {
      let app = all.first { $0.name == result.name }?.app
      let reference = ImageReference(result.image)
      if let digest = result.digest, let repository = reference?.repository {
        images.append(
          HostImage(reference: result.image, app: app, pull: "\(repository)@\(digest)", archive: nil))
      } else {
        images.append(
          HostImage(reference: result.image, app: app, pull: nil, archive: try await saved(result, engine)))
      }
    }
    return images
  }

  /// The image as a file for hosts that no registry serves.
  private func saved(_ image: BuiltImage, _ engine: ContainerEngine) async throws -> FilePath {
    let folder = try HostArchives.folder()
    let id = image.id.split(separator: ":").last.map(String.init) ?? image.id
    let path = folder.appending("\(id.prefix(32)).tar")
    if path.isThere { return path }
    if !isQuiet { context.console.error("\(image.image): saving it for hosts\n") }
    let part = folder.appending(".\(id.prefix(32)).\(UInt64.random(in: 0 ... .max)).part")
    defer { part.removeAll() }
    let result = try await engine.tool.output(["save", "--output", part.string, image.image])
    guard result.isSuccess else {
      throw CommandError(
        "hosts.image", "\(image.image) was not saved: \(Relayed.safe(result.error))",
        help: "is there room in \(folder)?")
    }
    try rename(part, path)
    return path
  }

  private func rename(_ from: FilePath, _ to: FilePath) throws {
    guard from.withPlatformString({ old in to.withPlatformString { platformRename(old, $0) } }) == 0 else {
      throw FileSystemError("rename to", to, .current)
    }
  }

  // MARK: Variables

  /// What a host's stacks are, for the role.
  func variables(of host: HostPlan, _ images: [String: [HostImage]]) -> AnsibleMap {
    ["stacks_list": .list(host.stacks.map { variables(of: $0, images) })]
  }

  private func variables(of stack: HostPlan.Stack, _ images: [String: [HostImage]]) -> AnsibleValue {
    guard let plan = stack.environment, let path = HostsOutput.folder(of: stack) else { return git(stack) }
    let own = images[plan.customer] ?? []
    var values: [(name: String, value: AnsibleValue)] = []
    for image in own {
      guard let app = image.app, let tag = ImageReference(image.reference)?.tag else { continue }
      values.append((EnvironmentVariables.tag(of: app), .text(tag)))
    }
    for (app, port) in stack.ports { values.append((EnvironmentVariables.port(of: app), .text(String(port)))) }
    values.append((EnvironmentVariables.workspace, "hosts"))
    let secrets = plan.localSecrets.compactMap { secret in
      AnsibleVariableName(secret.use.variable).map {
        AnsibleValue.map(["file": .text(secret.path), "value": .environment($0)])
      }
    }
    let jobs = plan.workloads.filter { $0.kind == .migration }.map(\.name)
    let text = HostsOutput.compose(of: stack) ?? ""
    return .map([
      "name": .text(stack.name), "source": .text(folder.pushing(FilePath(path)).string),
      "digest": .text(ContentDigest(of: text).hex),
      "environment": .map(AnsibleMap(names: values.sorted { $0.name < $1.name })),
      "secrets": .list(secrets), "jobs": .texts(jobs), "images": .list(own.map(\.value)),
      "timeout": .integer(stack.spec.timeout),
    ])
  }

  private func git(_ stack: HostPlan.Stack) -> AnsibleValue {
    guard case .git(let url, let commit, let file, let reaches) = stack.spec.source else { return .map([:]) }
    var services: [(stack: String, services: [String])] = []
    for reached in reaches {
      if let index = services.firstIndex(where: { $0.stack == reached.stack.value }) {
        services[index].services.append(reached.service.value)
      } else {
        services.append((reached.stack.value, [reached.service.value]))
      }
    }
    return .map([
      "name": .text(stack.name), "digest": .text(commit),
      "git": .map(["url": .text(url), "commit": .text(commit), "file": .text(file)]),
      "networks": .list(services.map { .map(["stack": .text($0.stack), "services": .texts($0.services)]) }),
      "timeout": .integer(stack.spec.timeout),
    ])
  }
}

extension HostImage {
  fileprivate var value: AnsibleValue {
    var map: AnsibleMap = ["reference": .text(reference)]
    if let pull { map.set("pull", .text(pull)) }
    if let archive { map.set("archive", .text(archive.string)) }
    return .map(map)
  }
}
