public import ArgumentParser
import KilnWorkspace

/// The command `kiln`.
public struct KilnCommand: AsyncParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "kiln",
    abstract: "One spec per customer: every image and environment is made from it.",
    discussion: """
      stdout is the result, stderr everything else.
      Exit codes: 0 done, 1 problems in the input or a failed step, 2 a difference
      was found by --check, 64 wrong usage, 70 the machine failed, 130 interrupted.
      """,
    version: version,
    groupedSubcommands: [
      CommandGroup(
        name: "Workspace:",
        subcommands: [
          InitCommand.self, NewCommand.self, CheckCommand.self, PlanCommand.self, GenerateCommand.self,
          PackCommand.self, BuildCommand.self, BakeCommand.self, TestCommand.self, VerifyCommand.self,
          LoadCommand.self, ComponentsCommand.self, SchemaCommand.self, PruneCommand.self, PipelineCommand.self,
        ]),
      CommandGroup(
        name: "On this machine:",
        subcommands: [
          UpCommand.self, DownCommand.self, StatusCommand.self, LogsCommand.self, ExecCommand.self, ShellCommand.self,
          RunCommand.self, VolumesCommand.self, BackupCommand.self, RestoreCommand.self, CertificateCommand.self,
          DoctorCommand.self,
        ]),
      CommandGroup(
        name: "In clusters and in Azure:",
        subcommands: [
          DeployCommand.self, PromoteCommand.self, RollbackCommand.self, HistoryCommand.self, FleetCommand.self,
          WatchCommand.self, NotifyCommand.self, ImagesCommand.self,
        ]),
      CommandGroup(name: "On hosts:", subcommands: [HostsCommand.self]),
      CommandGroup(
        name: "Anywhere:", subcommands: [ContextCommand.self, PackerLogCommand.self, ParametersCommand.self]),
    ])

  /// Kiln's version.
  public static let version = KilnVersion.number

  public init() {}
}
