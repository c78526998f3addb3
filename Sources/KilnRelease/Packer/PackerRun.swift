import KilnArtifacts
package import KilnConsole
import KilnDiagnostics
import KilnEngine
package import KilnPacker
import KilnProcesses
import Synchronization
package import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// One `packer build`.
package struct PackerRun: Sendable {
  /// Where it runs, on what.
  package let folder: BakeFolder
  /// The packed application; nil where there is none.
  package let archive: String?
  /// Where Packer's output is kept.
  package let log: FilePath
  /// Where its manifest is kept.
  package let manifest: FilePath
  package let only: [String]
  package let isQuiet: Bool
  /// What is hidden in what is shown of Packer's words; the log, which others cannot read, keeps it.
  package let mask: SecretMask
  package let context: CommandContext

  private static let credentials = ["ARM_CLIENT_ID", "ARM_CLIENT_SECRET", "ARM_SUBSCRIPTION_ID", "ARM_TENANT_ID"]

  /// - Parameters:
  ///   - capturesVHD: On managed disks, for which Packer must have a plugin of its own.
  ///   - missingSecrets: What the playbook would look up after twenty minutes, and not find.
  /// - Throws: `CommandError` for a bake that is not good, once Packer has cleaned up.
  package func run(
    needsAzure: Bool, capturesVHD: Bool = false, missingSecrets: [String]
  ) async throws -> PackerReport {
    let asksAzure = needsAzure && (only.isEmpty || only.contains("azure-arm"))
    var missing = (asksAzure ? Self.credentials : []).filter { (context.environment[$0] ?? "").isEmpty }.map {
      "the variable \($0) is \(context.environment[$0] == nil ? "not set" : "empty"); Azure needs it"
    }
    missing += missingSecrets
    guard missing.isEmpty else {
      throw CommandError(missing.map { Diagnostic("bake.variable", $0) }, kind: .problem)
    }
    let packer = context.tool("packer")
    var arguments = ["-var", "goss=\(try context.goss())", "-var", "manifest=\(folder.manifest)"]
    if let archive { arguments += ["-var", "app_archive=\(archive)"] }
    if !only.isEmpty { arguments.append("-only=\(only.joined(separator: ","))") }
    arguments.append(folder.template.string)
    let settings = [
      "CHECKPOINT_DISABLE": "1", "PACKER_NO_COLOR": "1", "TMPDIR": folder.temporaryFolder.string,
    ]
    do {
      let version = try await self.version(of: packer)
      if asksAzure, capturesVHD { try refuseOld(version) }
      if let version, version >= Self.withoutPlugins { try await fetchPlugins(packer, settings) }
      let said = Mutex("")
      let code = try await packer.stream(["validate"] + arguments, environment: settings, folder: folder.workingFolder)
      { bytes in
        said.withLock { $0 += String(decoding: bytes, as: UTF8.self) }
      }
      try Interruption.check()
      if code != 0 {
        let lines = said.withLock { $0 }.split(separator: "\n").map { mask.relayed(String($0)) }
        throw CommandError("bake.template", "Packer refuses the generated template", details: lines)
      }
      return try await build(packer, ["build", "-color=false"] + arguments, settings)
    } catch is Tool.Missing {
      throw CommandError("tool.missing", "packer is not on the PATH", help: "apt-get install packer")
    }
  }

  /// Major and minor number; nil where it does not say.
  private func version(of packer: Tool) async throws -> Version? {
    // What follows the first line may be that a newer one is out.
    let line = try await packer.output(["version"], environment: ["CHECKPOINT_DISABLE": "1"]).output.prefix {
      !$0.isNewline
    }
    guard let match = line.firstMatch(of: /(\d+)\.(\d+)\.\d+/), let major = Int(match.1), let minor = Int(match.2)
    else { return nil }
    return Version(major: major, minor: minor, text: String(match.0))
  }

  private struct Version: Comparable {
    let major: Int
    let minor: Int
    var text = ""

    static func == (one: Version, other: Version) -> Bool { (one.major, one.minor) == (other.major, other.minor) }
    static func < (one: Version, other: Version) -> Bool { (one.major, one.minor) < (other.major, other.minor) }
  }

  /// The first that has no builders of its own.
  private static let withoutPlugins = Version(major: 1, minor: 10)

  /// The template cannot ask for it: what the docker builder needs is in every Packer since 1.6.
  private func refuseOld(_ version: Version?) throws {
    guard let version, version < Version(major: 1, minor: 7) else { return }
    throw CommandError(
      "bake.packer", "Packer \(version.text) captures a VHD from an unmanaged disk, which Azure has retired",
      help: "Packer 1.7 or newer; or capture a managedImage")
  }

  /// Fetches what is missing; nothing where all is there.
  private func fetchPlugins(_ packer: Tool, _ settings: [String: String]) async throws {
    let said = Mutex("")
    let code = try await packer.stream(
      ["init", folder.plugins.string], environment: settings, folder: folder.workingFolder
    ) { bytes in
      said.withLock { $0 += String(decoding: bytes, as: UTF8.self) }
    }
    try Interruption.check()
    guard code != 0 else { return }
    let lines = said.withLock { $0 }.split(separator: "\n").map { mask.relayed(String($0)) }
    throw CommandError(
      "bake.plugins", "packer init cannot fetch Packer's plugins", details: Array(lines.prefix(20)),
      help: "they come from GitHub; `packer plugins install` puts them on a machine that cannot reach it")
  }

  private func build(_ packer: Tool, _ arguments: [String], _ settings: [String: String]) async throws -> PackerReport {
    let file: FileDescriptor
    do {
      // A new file: what stood there may be a link that somebody committed.
      _ = log.withPlatformString { unlink($0) }
      file = try FileDescriptor.open(
        log, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
        permissions: FilePermissions(rawValue: 0o600)
      )
    } catch let error as Errno { throw FileSystemError("write", log, error) }
    defer { try? file.close() }
    let reader = Mutex(PackerLogReader())
    // Packer prints signatures as they are; the log, which others cannot read, keeps them.
    let mask = mask
    let relay = context.console.relay { mask.masked(SASRedaction.redacted($0)) }
    let isShown = !isQuiet
    let path = log
    let code = try await packer.stream(arguments, environment: settings, folder: folder.workingFolder) { bytes in
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
        "bake.interrupted", "interrupted; Packer cleaned up and ended with exit code \(code); its log is \(log)",
        kind: .interrupted)
    }
    try judge(report, code)
    return report
  }

  /// The exit code, the log and the manifest must all say that it is good.
  private func judge(_ report: PackerReport, _ code: Int32) throws {
    // It could not even begin, or was killed: there is no other log to give.
    if report.outcome == .unknown, code != 0 {
      throw CommandError(
        "bake.failed", "the log stops before Packer's summary: Packer ended with exit code \(code)",
        help: "\(log) has all that it said")
    }
    do {
      _ = try ArtifactChoice(report).builds()
    } catch {
      throw CommandError(
        "bake.failed", mask.relayed(error.reason),
        details: error.details.map(mask.masked) + ["Packer ended with exit code \(code); its log is \(log)"],
        help: error.help.map(mask.relayed))
    }
    guard code == 0 else {
      throw CommandError("bake.failed", "Packer failed with exit code \(code), but its log reports no failure: \(log)")
    }
    guard let bytes = try? RegularFile.read(folder.manifest, limit: 1 << 26, following: .refused) else {
      throw CommandError("bake.manifest", "Packer wrote no manifest")
    }
    try FileReplacement.replace([.init(path: manifest, bytes: bytes)])
    let differences: [String]
    do { differences = try PackerManifest(bytes).differences(from: report) } catch { differences = ["\(error)"] }
    try LogFile.refuse(differences)
  }
}
