import KilnArtifacts
import KilnConsole
import KilnContext
import KilnDiagnostics
import KilnDocuments
import KilnGeneration
import KilnProcesses
import SystemPackage

/// Keeps an app's folder in its container equal to the source on this machine: `kiln up --mount`.
///
/// Nothing of this machine is mounted. The source is staged as it is for an image, with overlays, tokens and ignore rules,
/// and what changed goes through `docker exec` into the container's own layer. So a link is a link of the container's, the
/// sources are never written to, what `install` made stays, and the app can write below its folder.
package struct SourceSession {
  package let environment: LocalEnvironment
  package let image: EnvironmentImage
  package let app: String
  package let workdir: String
  private let stage: ContextStage
  /// What is in the container, or on its way there; nothing removes it meanwhile.
  private var staged: StagedContext
  private var tree: StagedTree
  private let lock: EnvironmentLock

  private var context: CommandContext { environment.context }

  /// Stages the source, before the image is built: what changes meanwhile is seen.
  package init(_ environment: LocalEnvironment, _ image: EnvironmentImage, app: String, workdir: String) throws {
    self.app = app
    self.environment = environment
    self.image = image
    self.workdir = workdir
    switch try EnvironmentLock.attempt(environment.folder.path.appending("mount-\(app).lock")) {
    case .taken(let lock): self.lock = lock
    case .busy(let holder):
      let process = holder.map { " (process \($0))" } ?? ""
      throw CommandError(
        "mount.busy", "another `kiln up \(environment.customer) --mount`\(process) follows the edits",
        help: "end it with Ctrl-C first")
    }
    let stage = ContextStage(
      try environment.folder.folder("mount").appending(app).appending("context"), below: environment.identity.root)
    self.stage = stage
    staged = try withExcerpts(image.sources) { try stage.update(image.source) }
    tree = try StagedTree(stage: staged.folder)
  }

  /// Why following ends.
  private enum End {
    case interrupted
    /// The container is not there any more.
    case gone
  }

  /// Follows edits until the user interrupts.
  /// - Parameter tag: Of the image that the container was made from.
  package mutating func follow(container id: String, tag: String) async throws {
    Interruption.watch()
    let isCurrent = staged.digest.hasPrefix(tag) && !tag.isEmpty
    context.console.error(
      "following \(image.source.layers.map(\.name).joined(separator: ", ")): edits show without a restart; Ctrl-C ends this, and \(environment.customer) stays up\n"
    )
    var reported = Trouble()
    // What was edited while the image was built: its contents are not known here.
    var pending = isCurrent ? StagedTree.Changes() : tree.changes(since: StagedTree(empty: tree.folder))
    var fingerprint: String?
    var end: End?
    while end == nil {
      var looking = Duration.zero
      var trouble: CommandError?
      do {
        let start = ContinuousClock.now
        let now = try ContextFingerprint.of(image.source, salt: "")
        looking = start.duration(to: .now)
        if now == nil || now != fingerprint {
          pending.add(try update())
          fingerprint = now
        }
        if pending.count > 0 {
          switch try await send(pending, to: id) {
          case .done:
            context.console.error(
              "\(Phrase.count(pending.count, "path")) of \(environment.customer) brought up to date\n")
            pending = .init()
          case .later(let why): trouble = why
          case .gone: end = .gone
          }
        }
      } catch let error as DiagnosticsError {
        // Half of a `git checkout`, or a token that is not written yet.
        fingerprint = nil
        trouble = CommandError(
          error.diagnostics, kind: .problem, hints: ["no edit reaches the app's container until this is corrected"])
      } catch let error as FileSystemError {
        fingerprint = nil
        trouble = CommandError("mount.file", "\(error)")
      }
      reported.note(trouble, on: context.console)
      let next = ContinuousClock.now.advanced(by: Self.pause(afterLooking: looking))
      while end == nil, ContinuousClock.now < next {
        if Interruption.count > 0 { end = .interrupted }
        try await Task.sleep(for: .milliseconds(50))
      }
    }
    if case .gone = end {
      throw CommandError(
        "mount.gone", "the app's container was replaced or removed: edits are no longer followed",
        help: "`kiln up \(environment.customer) --mount` follows them again")
    }
    context.console.error(
      "\(environment.customer) stays up: `kiln down \(environment.customer)` stops and removes it\n")
  }

  /// Looking for edits costs at most a twentieth of one processor, of large sources a little more: an edit shows within
  /// about a second. What bringing an edit over took does not count, since the next one may follow at once.
  static func pause(afterLooking time: Duration) -> Duration {
    max(.milliseconds(200), min(.milliseconds(800), time * 20))
  }

  /// Stages the source again.
  private mutating func update() throws -> StagedTree.Changes {
    let latest = try stage.update(image.source)
    guard latest.digest != staged.digest else { return .init() }
    let now = try StagedTree(stage: latest.folder)
    let changes = now.changes(since: tree)
    tree = now
    staged = latest
    return changes
  }

  private enum Sent {
    case done, gone
    case later(CommandError)
  }

  private func send(_ changes: StagedTree.Changes, to id: String) async throws -> Sent {
    var output = ""
    func exec(_ command: [String], _ input: [UInt8] = [], as account: String, in folder: String) async throws -> Sent? {
      let result = try await context.docker.tool.output(
        ["exec", "--interactive"] + ContainerPrograms.settings + ["--user", account, "--workdir", folder, id] + command,
        input: input)
      output = result.output
      if result.isSuccess { return nil }
      if result.error.contains("No such container") { return .gone }
      let lines = result.error.split(separator: "\n").suffix(3).map { Relayed.safe(String($0)) }
      return .later(
        CommandError("mount.later", "edits did not reach the app's container, and are sent again", details: lines))
    }
    if let refusal = try await exec(ForeignFolders.command(onTheWayTo: workdir), as: "0", in: "/") { return refusal }
    let foreign: ForeignFolders
    if let onTheWay = ForeignFolders(onTheWay: output) {
      foreign = onTheWay
    } else {
      // Only root can exchange the folder itself.
      if let refusal = try await exec(ForeignFolders.command, as: "0", in: workdir) { return refusal }
      foreign = ForeignFolders(listing: output)
    }
    for part in foreign.parts(of: changes) {
      if !part.changes.removed.isEmpty {
        var names: [UInt8] = []
        for path in part.changes.removed { names += [UInt8]("./".utf8) + path + [0] }
        let remove = ["xargs", "--null", "--no-run-if-empty", "rm", "-rf", "--"]
        if let refusal = try await exec(remove, names, as: part.account, in: workdir) { return refusal }
      }
      var refusal: Sent?
      try await tree.archives(of: part.changes.written) { archive in
        if refusal != nil { return }
        // Folders that are there keep the owner and the mode that `install` gave them.
        let extract = ["tar", "--extract", "--file=-", "--no-same-owner", "--no-overwrite-dir"]
        refusal = try await exec(extract, archive, as: part.account, in: workdir)
      }
      if let refusal { return refusal }
    }
    return .done
  }

  /// Reports a trouble once, and only when it lasts: editors and Git take a moment.
  private struct Trouble {
    private var current: CommandError?
    private var times = 0

    mutating func note(_ trouble: CommandError?, on console: Console) {
      times = trouble == current ? times + 1 : 1
      current = trouble
      if times == 3, let trouble { console.report(trouble) }
    }
  }
}

extension StagedTree.Changes {
  /// What comes after, on top.
  package mutating func add(_ later: StagedTree.Changes) {
    removed = Set(removed + later.removed).sorted { $0.lexicographicallyPrecedes($1) }
    let gone = Set(later.removed)
    written = Set(written.filter { !gone.contains($0) } + later.written).sorted { $0.lexicographicallyPrecedes($1) }
  }
}
