import ArgumentParser
import Foundation
import KilnArtifacts
import KilnAzure
import KilnConsole
import KilnDiagnostics
import KilnPacker
import SystemPackage

struct ParametersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "parameters", abstract: "Work on deployment parameters files.", subcommands: [PatchCommand.self])
}

struct PatchCommand: SynchronousCommand {
  static let configuration = CommandConfiguration(
    commandName: "patch", abstract: "Put values into deployment parameters, touching nothing else.",
    discussion: """
      Examples:
        kiln parameters patch azuredeploy.parameters.json --log packer.log --artifact imageUri=vhd
        kiln parameters patch p.json --log packer.log --token-artifact @@IMAGEURI@@=vhd --token-env @@VMPASSWORD@@=ADMIN_PASSWORD
        kiln parameters patch p.json --set instanceCount=3 --template azuredeploy.json --check --diff

      A value keeps the JSON type of what it replaces. Values from the environment are never printed; a file that
      holds one then gets mode 0600. Several files are changed all or not at all; another kiln that patches one of them
      is waited for. Tokens that are left, @@NAME@@ and __NAME__, are reported; with --template they are errors.
      Exit 0: done; 1: problems; 2: --check found that something would change.
      """)

  @Argument(help: "Parameters files.") var files: [String]
  @Option(help: "What Packer printed; - reads standard input.") var log: String?
  @Option(help: "A packer-manifest.json; its last run must agree with the log.") var manifest: String?
  @Option(help: "The only build of the log that counts.") var build: String?
  @Option(help: ArgumentHelp("Set a parameter to an artifact's URI or id.", valueName: "name=kind")) var artifact:
    [String] = []
  @Option(help: ArgumentHelp("Set a parameter.", valueName: "name=value")) var set: [String] = []
  @Option(help: ArgumentHelp("Set a parameter from the environment, as a secret.", valueName: "name=variable"))
  var setEnv: [String] = []
  @Option(help: ArgumentHelp("Replace a token.", valueName: "token=value")) var token: [String] = []
  @Option(help: ArgumentHelp("Replace a token from the environment, as a secret.", valueName: "token=variable"))
  var tokenEnv: [String] = []
  @Option(help: ArgumentHelp("Replace a token by an artifact's URI or id.", valueName: "token=kind")) var tokenArtifact:
    [String] = []
  @Option(help: "The deployment template that the parameters are for; what does not fit it is refused.") var template:
    String?
  @Option(help: "Write here instead; - is standard output. For one file.") var output: String?
  @Flag(help: "Write nothing; exit 2 when something would change.") var check = false
  @Flag(help: "Print the differences to standard output, secrets as asterisks.") var diff = false
  @Flag(help: "Add parameters that are not there.") var add = false
  @Flag(help: "Make a key vault reference a value.") var replaceReference = false
  @Flag(help: "Refuse files that are symbolic links; else what they point to is changed.") var refuseLinks = false
  @Flag(help: "Take a variable that is empty; else an empty secret is refused.") var allowEmpty = false

  func validate() throws {
    if output != nil, files.count != 1 {
      throw ValidationError("--output takes one file, and \(files.count) are named.")
    }
    if log == nil, !(artifact.isEmpty && tokenArtifact.isEmpty) {
      throw ValidationError("--artifact and --token-artifact need --log.")
    }
    if [artifact, set, setEnv, token, tokenEnv, tokenArtifact].allSatisfy(\.isEmpty) {
      throw ValidationError(
        "Nothing to change: say --set, --set-env, --artifact, --token, --token-env or --token-artifact.")
    }
    for pair in artifact + set + setEnv + token + tokenEnv + tokenArtifact where !pair.dropFirst().contains("=") {
      // The pair may hold a secret that was given by mistake: it is not repeated.
      throw ValidationError("A value lacks its \"=\": NAME=VALUE is expected.")
    }
  }

  func run(in context: CommandContext) throws {
    let patch = try patch(in: context)
    var problems: [Diagnostic] = []
    var sources: [String: String] = [:]
    let quotesSource = patch.parameters.allSatisfy { !$0.value.isSecret }
    let template = try template.map { name in try readTemplate(name, in: context) }
    let paths = try files.map { (name: $0, path: try resolved($0, in: context)) }
    // From reading to writing no other kiln changes them; what is only read needs no lock, for files are replaced whole.
    let held = check || output != nil ? [] : try hold(paths, in: context)
    defer { withExtendedLifetime(held) {} }
    var results: [(name: String, path: FilePath, old: [UInt8], patched: PatchedParameters)] = []
    for (name, path) in paths {
      let bytes = try read(path, in: context)
      let (patched, found) = ParameterPatcher(file: name, template: template).patch(bytes, patch)
      problems += found
      if !found.isEmpty, quotesSource { sources[name] = String(validating: bytes, as: UTF8.self) }
      if let patched { results.append((name, path, bytes, patched)) }
    }
    if problems.hasErrors { throw CommandError(problems, sources: sources) }
    context.console.report(problems, sources: sources)
    let changed = results.filter { $0.patched.bytes != $0.old }
    // Unchanged, and yet open to others with a secret in it.
    let exposed = results.filter { $0.patched.bytes == $0.old && $0.patched.holdsSecret && isOpenToOthers($0.path) }
    if diff {
      for result in changed {
        context.console.output(
          LineDiff.unified(path: result.name, old: result.patched.shownBefore, new: result.patched.shownAfter))
      }
    }
    if check {
      for result in changed { context.console.error("\(result.name) would change\n") }
      for result in exposed { context.console.error("\(result.name) would get mode 0600: it holds a secret\n") }
      if !changed.isEmpty || !exposed.isEmpty { throw KilnExit.difference }
      return
    }
    try write(results, in: context)
  }

  private func write(
    _ results: [(name: String, path: FilePath, old: [UInt8], patched: PatchedParameters)], in context: CommandContext
  ) throws {
    if let output, let result = results.first {
      if output == "-" { return context.console.raw(.output, result.patched.bytes) }
      let path = context.folder.pushing(FilePath(output))
      if AtomicFile.isDevice(path) {
        do {
          let file = try FileDescriptor.open(path, .writeOnly, options: [.append, .closeOnExec])
          _ = try file.closeAfter { try file.writeAll(result.patched.bytes) }
          return
        } catch let error as Errno { throw FileSystemError("write", path, error) }
      }
      return try FileReplacement.replace([
        .init(path: path, bytes: result.patched.bytes, isPrivate: result.patched.holdsSecret, isUsers: true)
      ])
    }
    let changed = results.filter {
      $0.patched.bytes != $0.old || $0.patched.holdsSecret && isOpenToOthers($0.path)
    }
    try FileReplacement.replace(
      changed.map {
        .init(path: $0.path, bytes: $0.patched.bytes, isPrivate: $0.patched.holdsSecret, isUsers: true)
      })
    for result in results {
      context.console.error("\(result.name): \(result.patched.bytes == result.old ? "unchanged" : "patched")\n")
    }
  }

  private func isOpenToOthers(_ path: FilePath) -> Bool {
    let mode = (try? FileManager.default.attributesOfItem(atPath: path.string))?[.posixPermissions] as? Int
    return mode.map { $0 & 0o077 != 0 } ?? false
  }

  private func pair(_ text: String) -> (name: String, value: String) {
    // A name has at least one character, so that a token may begin with "=".
    let equals = text.dropFirst().firstIndex(of: "=") ?? text.endIndex
    return (String(text[..<equals]), String(text[equals...].dropFirst()))
  }

  private func patch(in context: CommandContext) throws -> ParameterPatch {
    var patch = ParameterPatch(addsMissing: add, replacesReferences: replaceReference)
    patch.parameters = set.map(pair).map { .init($0.name, .init($0.value)) }
    patch.tokens = token.map(pair).map { .init($0.name, .init($0.value)) }
    var unusable: [Diagnostic] = []
    func refuse(_ message: String, help: String? = nil) {
      unusable.append(Diagnostic("parameters.variable", message, suggestion: help))
    }
    func secret(_ text: String) -> ParameterPatch.Entry? {
      let (name, variable) = pair(text)
      guard let value = context.environment[variable] else {
        refuse("the environment has no variable \"\(variable)\"")
        return nil
      }
      guard CommandContext.isText(variable, value) else {
        refuse("the variable \"\(variable)\" is not UTF-8, and JSON carries nothing else")
        return nil
      }
      if value.isEmpty, !allowEmpty {
        refuse("the variable \"\(variable)\" is empty", help: "set it, or give --allow-empty")
        return nil
      }
      return .init(name, .init(value, isSecret: true))
    }
    patch.parameters += setEnv.compactMap(secret)
    patch.tokens += tokenEnv.compactMap(secret)
    if !unusable.isEmpty { throw CommandError(unusable, kind: .problem) }
    if let log {
      let choice = ArtifactChoice(try LogFile.report(log, manifest: manifest, in: context), build: build)
      for (name, kind) in artifact.map(pair) {
        patch.parameters.append(.init(name, .init(try choice.reference(kind), artifactKind: kind)))
      }
      for (name, kind) in tokenArtifact.map(pair) {
        patch.tokens.append(.init(name, .init(try choice.reference(kind), artifactKind: kind)))
      }
    }
    return patch
  }

  private func readTemplate(_ name: String, in context: CommandContext) throws -> DeploymentTemplate {
    let bytes = try read(context.folder.pushing(FilePath(name)), in: context)
    do {
      return try DeploymentTemplate(bytes, file: name)
    } catch {
      throw CommandError(error.diagnostics, sources: [name: String(decoding: bytes, as: UTF8.self)])
    }
  }

  /// The file itself, or what a symbolic link points to.
  private func resolved(_ name: String, in context: CommandContext) throws -> FilePath {
    let path = context.folder.pushing(FilePath(name))
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path.string),
      attributes[.type] as? FileAttributeType == .typeSymbolicLink
    else { return path }
    if refuseLinks {
      throw CommandError("parameters.link", "\(name) is a symbolic link", help: "name the file that it points to")
    }
    return FilePath(URL(filePath: path.string).resolvingSymlinksInPath().path)
  }

  private static let sizeLimit = 256 << 20

  private func read(_ path: FilePath, in context: CommandContext) throws -> [UInt8] {
    try RegularFile.read(path, limit: Self.sizeLimit)
  }

  /// Holds the files, in one order for every kiln, so that no two wait for each other.
  private func hold(_ files: [(name: String, path: FilePath)], in context: CommandContext) throws -> [HeldFile] {
    var held: [HeldFile] = []
    for (name, path) in files.sorted(by: { $0.path.string < $1.path.string }) {
      let file = try HeldFile.hold(path, beside: held) {
        context.console.error("another kiln patches \(name); waiting\n")
      }
      guard let file else {
        throw CommandError("parameters.twice", "\(name) is named twice", help: "name each file once")
      }
      held.append(file)
    }
    return held
  }
}
