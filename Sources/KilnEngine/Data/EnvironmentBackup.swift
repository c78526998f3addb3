import KilnArtifacts
import KilnConsole
import KilnContext
import KilnDiagnostics
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

/// Writes what an environment keeps to one file.
package struct EnvironmentBackup: Sendable {
  package let plan: EnvironmentPlan
  package let environment: LocalEnvironment
  /// Volumes and services; all where none is named.
  package let names: [String]
  /// Nil for `dist/CUSTOMER/backup.tar`.
  package let output: FilePath?
  /// Whether a file that is there is replaced.
  package let isForced: Bool

  package init(plan: EnvironmentPlan, environment: LocalEnvironment, names: [String], output: FilePath?, isForced: Bool)
  {
    self.plan = plan
    self.environment = environment
    self.names = names
    self.output = output
    self.isForced = isForced
  }

  private var context: CommandContext { environment.context }
  private var path: FilePath { output ?? environment.folder.path.appending("backup.tar") }

  /// - Returns: The file.
  package func run() async throws -> FilePath {
    let parts = try plan.dataParts(named: names)
    try stopUnlessFree()
    try await context.docker.check()
    let lock = try await environment.lock()
    defer { lock.release() }
    try await check(parts)
    let file = try AtomicFile.create(at: path)
    let descriptor = file.descriptor
    let writer = try BackupWriter(customer: plan.customer) { bytes in
      try Interruption.check()
      do { _ = try descriptor.writeAll(bytes) } catch let error as Errno { throw FileSystemError("write", path, error) }
    }
    for part in parts { try await add(part, to: writer) }
    try writer.finish()
    guard fsync(descriptor.rawValue) == 0 else { throw FileSystemError("write", path, Errno(rawValue: errno)) }
    try stopUnlessFree()
    try file.commit(mode: [.ownerRead, .ownerWrite])
    return path
  }

  private func stopUnlessFree() throws {
    guard !isForced, path.isThere || path.isLink else { return }
    throw CommandError(
      "backup.exists", "\(path) is there already",
      help: "`--force` replaces it; `--output FILE` writes another one")
  }

  /// All that is wrong, before a container is stopped or a byte is written.
  private func check(_ parts: [DataPart]) async throws {
    let made = try await environment.ownVolumes(of: plan)
    let problems = parts.filter { !made.contains($0.volume.name) }.map {
      Diagnostic("data.missing", "the volume \($0.volume.name) of \(plan.customer) is not made yet")
    }
    guard problems.isEmpty else {
      throw CommandError(
        problems, kind: .problem, hints: ["`kiln up \(plan.customer)` makes the volumes and starts the services"])
    }
    for part in parts { if let dump = dump(of: part) { _ = try await dump.container() } }
    let known = Set(plan.dataParts.map(\.volume.name))
    let others = made.filter { !known.contains($0) }
    if names.isEmpty, !others.isEmpty {
      context.console.error(
        "note: the spec of \(plan.customer) does not name \(Phrase.list(others)): not in the backup\n")
    }
  }

  private func dump(of part: DataPart) -> ServiceDump? {
    guard case .dump(let dump) = part.kind, let service = part.service else { return nil }
    let mask = SecretMask(of: plan, in: context.environment)
    return ServiceDump(service: service, dump: dump, environment: environment, mask: mask)
  }

  private func add(_ part: DataPart, to writer: BackupWriter) async throws {
    let spool = try SpoolFile(in: environment.folder.path)
    let image = part.service.map { plan.image(of: $0).description }
    if let dump = dump(of: part) {
      try await dump.backup(to: spool)
      try writer.add(part, dump: spool, image: image)
    } else {
      try await read(part, to: spool)
      guard try spool.isWholeTar() else { throw changed(part) }
      do {
        let summary = try writer.add(part, volume: spool, image: image)
        for name in summary.skipped {
          context.console.error("note: \(part.name): \(name) holds no data: not in the backup\n")
        }
      } catch let problem as BackupProblem {
        throw CommandError("backup.volume", "\(part.name): \(problem.text)")
      } catch is ArchiveError {
        throw changed(part)
      }
    }
    let size = Phrase.amount(writer.parts.last?.bytes ?? 0)
    context.console.error("\(part.name): \(part.isVolume ? "files" : "dump"), \(size)\n")
  }

  private func read(_ part: DataPart, to spool: SpoolFile) async throws {
    let container = try await VolumeContainer(environment, of: plan)
    let volume = environment.engineName(ofVolume: part.volume.name)
    // The files of a service that runs are those of no moment.
    let stopped = try await StoppedContainers(environment) { $0 == part.service?.name }
    if let service = part.service?.name, !stopped.services.isEmpty {
      context.console.error("note: \(service) has no dump: it is stopped while its files are read\n")
    }
    try await stopped.during { try await container.read(volume, to: spool) }
  }

  private func changed(_ part: DataPart) -> CommandError {
    CommandError(
      "backup.volume", "files of \(part.name) changed while they were read",
      help: "try again, or stop what writes them: `docker compose --project-name \(environment.project.name) stop`")
  }
}
