import KilnAnsible
import KilnArtifacts
package import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnEngine
import KilnGeneration
package import KilnPlan
import KilnProcesses
import KilnSpec
package import KilnWorkspace
import Synchronization
import SystemPackage

/// One run of Ansible on hosts of the workspace.
package struct HostRun: Sendable {
  package enum Mode: Sendable, Equatable {
    /// Brings them to what the specs say.
    case apply
    /// Changes nothing and says what would change.
    case plan
    /// Checks what they do.
    case verify
    /// Asks what they are.
    case status

    var playbooks: [String] {
      switch self {
      case .apply, .plan: [HostsOutput.playbook]
      case .verify: ["hosts-status.yml", "hosts-verify.yml"]
      // What it is first: a host that differs, or on which checking fails, has said so then.
      case .status: ["hosts-status.yml", HostsOutput.playbook]
      }
    }

    /// Whether Ansible changes nothing.
    var isChecking: Bool { self == .plan || self == .status }
    /// Whether stacks' images are made and saved.
    var isBuilding: Bool { self == .apply }
  }

  let loaded: LoadedWorkspace
  let hosts: [HostPlan]
  let mode: Mode
  let context: CommandContext
  /// Hosts at once.
  package var forks = 20
  package var isQuiet = false
  package var isVerbose = false

  package init(_ loaded: LoadedWorkspace, _ hosts: [HostPlan], _ mode: Mode, _ context: CommandContext) {
    self.loaded = loaded
    self.hosts = hosts
    self.mode = mode
    self.context = context
  }

  /// - Returns: What came of each host, in the order of the inventory.
  package func run() async throws -> [HostOutcome] {
    try await checkTool()
    let play = try HostPlay(loaded.hosts, of: loaded.workspace.root)
    defer { play.remove() }
    let stacks = HostStacks(loaded: loaded, hosts: hosts, folder: play.folder, isQuiet: isQuiet, context: context)
    let missing = stacks.missingSecrets()
    guard missing.isEmpty else {
      throw CommandError(missing, kind: .problem, hints: ["values of secrets come from variables: `export NAME=…`"])
    }
    let lock = try await lock()
    defer { lock?.release() }
    let images = try await stacks.images(isBuilding: mode.isBuilding)
    if lock != nil { HostArchives.sweep(keeping: Set(images.values.flatMap { $0 }.compactMap(\.archive))) }
    try write(play, stacks, images)
    return try await start(play, stacks.mask)
  }

  /// Whether Ansible takes the playbooks; no host is asked.
  package func checkSyntax() async throws {
    try await checkTool()
    let play = try HostPlay(loaded.hosts, of: loaded.workspace.root)
    defer { play.remove() }
    let result = try await Tool("ansible-playbook", context.processes).output(
      [
        "--inventory", "inventory.yaml", "--syntax-check", HostsOutput.playbook, "hosts-verify.yml", "hosts-status.yml",
      ],
      environment: ["ANSIBLE_CONFIG": play.folder.appending("ansible.cfg").string, "ANSIBLE_NOCOLOR": "1"],
      folder: play.folder)
    guard result.isSuccess else {
      throw CommandError(
        "hosts.syntax", "Ansible does not take the playbooks",
        details: (result.output + result.error).split(separator: "\n").suffix(20).map { Relayed.safe(String($0)) })
    }
  }

  private func checkTool() async throws {
    let result = try await context.tool("ansible-playbook").output(["--version"])
    let numbers = result.output.firstMatch(of: /core (\d+)\.(\d+)/).map { (Int($0.1) ?? 0, Int($0.2) ?? 0) } ?? (0, 0)
    guard numbers >= Self.oldest else {
      throw CommandError(
        "hosts.ansible",
        "this Ansible is too old: \(Relayed.safe(result.output.split(separator: "\n").first.map(String.init) ?? "no version"))",
        help:
          "ansible-core \(Self.oldest.0).\(Self.oldest.1) or newer: `pip install ansible-core` in a virtual environment"
      )
    }
  }

  /// Whose words the callback plugin and the roles are written for.
  private static let oldest = (2, 16)

  /// Two applies at once would undo each other's changes.
  private func lock() async throws -> EnvironmentLock? {
    guard mode == .apply else { return nil }
    let layout = WorkspaceLayout(loaded.workspace.root)
    try UnlinkedFolder.make(layout.dist, below: layout.root)
    return try await EnvironmentLock.wait(for: layout.dist.appending(".hosts.lock")) { holder in
      context.console.error("another kiln applies hosts\(holder.map { " (process \($0))" } ?? ""); waiting\n")
    }
  }

  private func write(_ play: HostPlay, _ stacks: HostStacks, _ images: [String: [HostImage]]) throws {
    try play.write("run/inventory.yaml", Array("all: {}\n".utf8))
    for host in hosts where !host.stacks.isEmpty {
      var values = stacks.variables(of: host, images)
      values.set("stacks_by", .text(Self.user))
      try play.writeOwn(values, of: host.name)
    }
  }

  private static var user: String { "\(ProcessEnvironment.user)@\(ProcessEnvironment.host)" }

  private func start(_ play: HostPlay, _ mask: SecretMask) async throws -> [HostOutcome] {
    let names = hosts.map(\.name)
    var arguments = [
      "--inventory", play.inventory.string, "--inventory", play.ownInventory.string, "--forks", String(forks), "--diff",
    ]
    if mode.isChecking { arguments.append("--check") }
    if names.count < loaded.hosts.count { arguments += ["--limit", names.joined(separator: ",")] }
    arguments += mode.playbooks
    let invocation = Invocation(
      "ansible-playbook", arguments,
      environment: [
        "ANSIBLE_CONFIG": play.folder.appending("ansible.cfg").string,
        "ANSIBLE_CALLBACK_PLUGINS": play.folder.appending("callback_plugins").string,
        "ANSIBLE_STDOUT_CALLBACK": "kiln", "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0",
        "ANSIBLE_DEPRECATION_WARNINGS": "False", "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "False", "PYTHONUNBUFFERED": "1",
        // A name of its own for each run's connections would be lost to the next.
        "ANSIBLE_SSH_RETRIES": "2", "LC_ALL": "C.UTF-8",
      ], folder: play.folder, isInterruptedWhole: true)
    let progress = Mutex((splitter: LineSplitter(), progress: HostProgress(names)))
    let console = context.console
    let (isQuiet, isShown) = (isQuiet, mode != .status)
    let code = try await context.processes.stream(invocation) { bytes in
      let (lines, current) = progress.withLock { state in
        (state.splitter.add(bytes).flatMap { state.progress.add(mask.masked($0)) }, state.progress.current)
      }
      guard !isQuiet else { return }
      if isShown { for line in lines { console.error(mask.masked(line) + "\n") } }
      console.progress(current)
    }
    console.progress("")
    try Interruption.check()
    let end = progress.withLock { state in
      if let last = state.splitter.finish() { _ = state.progress.add(mask.masked(last)) }
      return state.progress
    }
    guard end.isEnded else {
      throw CommandError(
        "hosts.ansible", "ansible-playbook ended with exit code \(code) before it had done everything",
        details: end.words.suffix(20).map { Relayed.safe($0) })
    }
    if isVerbose { for line in end.words { console.error(Relayed.safe(line) + "\n") } }
    return names.compactMap { end.outcomes[$0] }
  }
}
