import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnProcesses
import Synchronization
import SystemPackage

/// JMeter without its window.
struct JMeter {
  private let context: CommandContext
  private let tool: Tool

  init(_ context: CommandContext) {
    self.context = context
    tool = context.tool("jmeter")
  }

  /// As in `JMeter 5.6.3`.
  /// - Throws: `load.jmeter`.
  func version() async throws -> String {
    do {
      // Else it leaves a log where the user is.
      let outcome = try await tool.output(["-j", "/dev/null", "--version"])
      guard outcome.isSuccess else {
        throw CommandError(
          "load.jmeter", "jmeter does not start: it ended with \(outcome.code)",
          details: Self.lines(outcome.error + outcome.output),
          help: "is there a Java runtime? `jmeter --version` says more"
        )
      }
      let version = outcome.output.matches(of: /\b\d+\.\d+(\.\d+)*\b/).last.map { " \($0.0)" } ?? ""
      return "JMeter" + version
    } catch is Tool.Missing {
      throw CommandError(
        "load.jmeter", "jmeter is not on the PATH",
        help: "`apt-get install jmeter jmeter-http`, or https://jmeter.apache.org and its `bin` on the PATH")
    }
  }

  /// Source: "Result file configuration" in JMeter's manual: the same columns whatever the installation says.
  private static let settings = [
    "jmeter.save.saveservice.output_format=csv", "jmeter.save.saveservice.print_field_names=true",
    "jmeter.save.saveservice.default_delimiter=,", "jmeter.save.saveservice.timestamp_format=ms",
    "jmeter.save.saveservice.time=true", "jmeter.save.saveservice.label=true",
    "jmeter.save.saveservice.response_code=true", "jmeter.save.saveservice.response_message=true",
    "jmeter.save.saveservice.successful=true", "jmeter.save.saveservice.assertion_results_failure_message=true",
    "sampleresult.timestamp.start=true", "httpclient.reset_state_on_thread_group_iteration=false",
    "summariser.interval=10",
  ]

  /// Runs a plan to its end; the samples are in the folder's `running.jtl`.
  /// - Throws: `load.jmeter`, `Interruption.Failure`.
  func run(
    _ plan: FilePath, _ properties: [(name: String, value: String)], _ folder: LoadFolder, title: String
  ) async throws {
    let arguments =
      ["-n", "-t", plan.string, "-l", folder.running.samples.string, "-j", folder.running.log.string]
      + (Self.settings + properties.map { "\($0.name)=\($0.value)" }).map { "-J" + $0 }
    let console = context.console
    let words = OutputTail()
    let progress = RelayedOutput(edit: { line in
      if line.hasPrefix("summary =") { console.progress("\(title): \(line.dropFirst(9).trimmed)") }
      return nil
    }) { _ in }
    let code = try await tool.stream(arguments, folder: folder.path, isInterruptedWhole: true) { bytes in
      words.add(bytes)
      progress.write(bytes)
    }
    progress.finish()
    console.progress("")
    try Interruption.check()
    guard code == 0, SampleFile.isThere(folder.running.samples) else {
      throw CommandError(
        "load.jmeter", "\(title): JMeter ended with \(code) and gave no result", details: Self.lines(words.text),
        help: "`jmeter -n -t \(plan) -l results.jtl` shows the same")
    }
  }

  /// The last ones, without what its logging says of itself.
  private static func lines(_ text: String) -> [String] {
    text.split(separator: "\n").filter { !$0.contains("INFO") }.suffix(15).map { Relayed.safe(String($0)) }
  }
}

private enum SampleFile {
  static func isThere(_ file: FilePath) -> Bool {
    guard let descriptor = try? FileDescriptor.open(file, .readOnly, options: [.closeOnExec]) else { return false }
    defer { try? descriptor.close() }
    return (try? descriptor.seek(offset: 0, from: .end)).map { $0 > 0 } ?? false
  }
}
