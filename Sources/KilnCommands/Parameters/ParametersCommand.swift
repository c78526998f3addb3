import ArgumentParser
import KilnArtifacts
import KilnAzure
import KilnConsole
import KilnRelease

struct ParametersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "parameters", abstract: "Work on deployment parameters files.", subcommands: [PatchCommand.self])
}

struct PatchCommand: SynchronousCommand {
  static let configuration = CommandConfiguration(
    commandName: "patch", abstract: "Put values into deployment parameters, touching nothing else.",
    discussion: """
      Examples:
        kiln parameters patch p.json --log packer.log --artifact imageUri=vhd
        kiln parameters patch p.json --token-env @@VMPASSWORD@@=ADMIN_PASSWORD
        kiln parameters patch p.json --log packer.log \\
          --token-artifact @@IMAGEURI@@=vhd
        kiln parameters patch p.json --set instanceCount=3 \\
          --template azuredeploy.json --check --diff

      A value keeps the JSON type of what it replaces. Values from variables are
      never printed; a file that holds one then gets mode 0600. Several files are
      changed all or not at all; another kiln that patches one of them is waited
      for. Tokens that are left, @@NAME@@ and __NAME__, are reported; with
      --template they are errors.
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
    var values = ParameterValues(
      artifacts: artifact.map(ParameterValues.pair), tokenArtifacts: tokenArtifact.map(ParameterValues.pair),
      parameters: set.map(ParameterValues.pair),
      tokens: token.map(ParameterValues.pair))
    values.secretParameters = setEnv.map(ParameterValues.pair)
    values.secretTokens = tokenEnv.map(ParameterValues.pair)
    values.addsMissing = add
    values.replacesReferences = replaceReference
    values.takesEmpty = allowEmpty
    // A variable that is missing is reported before a log is read that may come from a pipe.
    try values.refuseUnusable(in: context)
    let report = try log.map { try LogFile.report($0, manifest: manifest, in: context) }
    let patch = try values.patch(report, build: build, in: context)
    let files = ParameterFiles(
      files, template: template, refusesLinks: refuseLinks, output: output == "-" ? nil : output, context: context)
    let patched = try files.patched(by: patch, isHeld: !check && output != "-")
    let isDifferent = try patched.finish(isShowing: diff, isChecking: check, isPrinting: output == "-")
    if isDifferent { throw KilnExit.difference }
  }
}
