import KilnArtifacts
import KilnConsole
import KilnContext
package import KilnDiagnostics
import KilnDocuments
package import KilnPlan
import KilnProcesses
package import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Puts what a backup holds in the place of what an environment keeps.
package struct EnvironmentRestore: Sendable {
  package let plan: EnvironmentPlan
  package var environment: LocalEnvironment
  package let file: FilePath
  /// Volumes and services; all that the file has where none is named.
  package let names: [String]
  /// Whose backup the file must be.
  package let source: String

  /// - Parameter source: Nil for the same customer.
  package init(
    plan: EnvironmentPlan, environment: LocalEnvironment, file: FilePath, names: [String], source: String?
  ) {
    self.plan = plan
    self.environment = environment
    self.file = file
    self.names = names
    self.source = source ?? plan.customer
  }

  private var context: CommandContext { environment.context }

  /// A part of the environment, and that of the backup that takes its place.
  private struct Exchange {
    let part: DataPart
    let saved: BackupManifest.Part
  }

  /// Asks on a terminal for the customer's name.
  /// - Parameter isUnasked: Whether the user is not asked.
  package mutating func run(unasked isUnasked: Bool) async throws {
    let (console, customer) = (environment.context.console, environment.customer)
    try await run { question in
      if isUnasked { return true }
      guard isatty(STDIN_FILENO) == 1 else { throw Self.unasked(customer) }
      console.error("\(question) Type \(customer) to go on: ")
      return readLine() == customer
    }
  }

  /// - Parameter isSure: Is shown what will be overwritten; whether the user wants it.
  package mutating func run(isSure: (String) throws -> Bool) async throws {
    let backup = try BackupFile(file)
    let manifest: BackupManifest
    do { manifest = try backup.check() } catch let problem as BackupProblem {
      throw problem.error(in: file.string)
    }
    let exchanges = try exchanges(manifest)
    try await context.docker.check()
    let lock = try await environment.lock()
    defer { lock.release() }
    environment.state = LocalState(readingFrom: environment.folder)
    try await check(exchanges)
    try await stopWhileSomethingRuns()
    let what = exchanges.map { $0.part.isVolume ? "the files of \($0.part.name)" : "the database of \($0.part.name)" }
    guard try isSure("This replaces \(Phrase.list(what)) of \(plan.customer) on this machine by those of \(file).")
    else {
      throw CommandError("restore.declined", "nothing was changed: the answer was not \(plan.customer)")
    }
    try await exchange(exchanges, backup)
  }

  /// Where nobody can be asked.
  package static func unasked(_ customer: String) -> CommandError {
    CommandError(
      "restore.unasked", "restore overwrites the data of \(customer) on this machine, and nobody can be asked",
      help: "`--yes` goes on without a question")
  }

  /// What takes whose place; stops with all that has none.
  private func exchanges(_ manifest: BackupManifest) throws -> [Exchange] {
    guard manifest.customer == source else {
      let customer = Relayed.safe(manifest.customer)
      throw CommandError(
        "restore.customer", "\(file) is a backup of \(customer), not of \(source)",
        help: "`--of \(customer)` restores it to \(plan.customer) all the same")
    }
    let chosen = names.isEmpty ? nil : Set(try plan.dataParts(named: names).map(\.name))
    var problems: [Diagnostic] = []
    var exchanges: [Exchange] = []
    for saved in manifest.parts where chosen?.contains(saved.name) ?? true {
      guard let part = plan.dataParts.first(where: { $0.name == saved.name }),
        part.isVolume == (saved.kind == .volume), part.file == saved.file
      else {
        let kind = saved.kind == .volume ? "volume" : "service with dumps"
        problems.append(
          Diagnostic("restore.part", "the spec of \(plan.customer) has no \(kind) \(Relayed.safe(saved.name))"))
        continue
      }
      exchanges.append(Exchange(part: part, saved: saved))
    }
    for name in chosen?.sorted() ?? [] where !manifest.parts.contains(where: { $0.name == name }) {
      problems.append(Diagnostic("restore.part", "\(name) is not in \(file)"))
    }
    guard problems.isEmpty else {
      let there = manifest.parts.map { Relayed.safe($0.name) }
      throw CommandError(problems, kind: .problem, hints: ["the file has: \(Phrase.some(there, limit: 10))"])
    }
    for exchange in exchanges {
      guard let version = exchange.saved.version, let own = exchange.part.service?.version, version != own else {
        continue
      }
      context.console.error(
        "note: \(exchange.part.name) is of version \(Relayed.safe(version)) in the file, and \(own) here\n")
    }
    return exchanges
  }

  private func check(_ exchanges: [Exchange]) async throws {
    let made = try await environment.ownVolumes(of: plan)
    let problems = exchanges.filter { !made.contains($0.part.volume.name) }.map {
      Diagnostic("data.missing", "the volume \($0.part.volume.name) of \(plan.customer) is not made yet")
    }
    guard problems.isEmpty else {
      throw CommandError(
        problems, kind: .problem, hints: ["`kiln up \(plan.customer)` makes the volumes and starts the services"])
    }
    for exchange in exchanges { if let dump = dump(of: exchange.part) { _ = try await dump.container() } }
  }

  /// Nothing stops what `kiln run` has started: it may write to what is replaced.
  private func stopWhileSomethingRuns() async throws {
    let names = try await EngineContainer.once(of: environment.project.name, on: context.docker.tool)
    guard !names.isEmpty else { return }
    throw CommandError(
      "restore.busy", "\(Relayed.safe(Phrase.some(names, limit: 5))) of \(plan.customer) still runs",
      help: "wait until it ends: a job or `kiln run` may write to what is replaced")
  }

  private func dump(of part: DataPart) -> ServiceDump? {
    guard case .dump(let dump) = part.kind, let service = part.service else { return nil }
    let mask = SecretMask(of: plan, in: context.environment)
    return ServiceDump(service: service, dump: dump, environment: environment, mask: mask)
  }

  /// While nothing that uses the data runs.
  private mutating func exchange(_ exchanges: [Exchange], _ backup: BackupFile) async throws {
    let services = Set(plan.services.map(\.name))
    let files = Set(exchanges.filter(\.part.isVolume).compactMap(\.part.service?.name))
    let stopped = try await StoppedContainers(environment) { !services.contains($0) || files.contains($0) }
    if !stopped.services.isEmpty {
      context.console.error("stopped meanwhile: \(stopped.services.joined(separator: ", "))\n")
    }
    var done: [String] = []
    do {
      try await stopped.during {
        // A job that has run for other data has not run for these.
        try forgetMigrations()
        for exchange in exchanges {
          try Interruption.check()
          do { try await restore(exchange, backup) } catch let problem as BackupProblem {
            throw problem.error(in: file.string)
          }
          done.append(exchange.part.name)
          context.console.error("\(exchange.part.name): restored\n")
        }
      }
    } catch {
      let left = exchanges.map(\.part.name).filter { !done.contains($0) }
      let those = done.isEmpty ? "" : "; restored before: \(done.joined(separator: ", "))"
      if !left.isEmpty { context.console.error("not restored: \(left.joined(separator: ", "))\(those)\n") }
      throw error
    }
    try await stopped.awaitHealth()
    if plan.workloads.contains(where: { $0.kind == .migration }) {
      context.console.error("note: `kiln up \(plan.customer)` runs the migrations on this data\n")
    }
  }

  private mutating func forgetMigrations() throws {
    guard !environment.state.migrations.isEmpty else { return }
    environment.state.migrations = [:]
    try environment.state.write(to: environment.folder)
  }

  private func restore(_ exchange: Exchange, _ backup: BackupFile) async throws {
    let spool = try SpoolFile(in: environment.folder.path)
    if let dump = dump(of: exchange.part) {
      try backup.read(exchange.saved) { try $0.finish { try spool.write($0) } }
      return try await dump.restore(from: spool)
    }
    let work = VolumeTree.workName + LocalState.random().prefix(16)
    let root = try backup.read(exchange.saved) { entry in
      let writer = try ArchiveWriter(time: 0) { try spool.write($0) }
      try writer.begin(ArchiveEntry(Array(work.utf8), .directory, mode: 0o700))
      let reader = try ArchiveReader { try entry.read(into: $0) }
      let summary = try VolumeArchive.read(reader, below: "\(work)/new", to: writer)
      try writer.close()
      return summary.root
    }
    let words = VolumeExchange.words(work, root)
    try await VolumeContainer(environment, of: plan).replace(
      environment.engineName(ofVolume: exchange.part.volume.name), by: spool, script: VolumeExchange.script, words)
  }
}
