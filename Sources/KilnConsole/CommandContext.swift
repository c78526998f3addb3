import KilnDiagnostics
package import KilnProcesses
package import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What a command runs in; tests give their own.
package struct CommandContext: Sendable {
  package let environment: [String: String]
  /// Absolute.
  package let folder: FilePath
  package let console: Console
  package let processes: any ProcessRunner

  package init(
    environment: [String: String], folder: FilePath, console: Console, processes: any ProcessRunner = SystemProcesses()
  ) {
    self.environment = environment
    self.folder = folder
    self.console = console
    self.processes = processes
  }

  package static func current(color: ColorChoice) -> CommandContext {
    let environment = ProcessEnvironment.variables
    return CommandContext(
      environment: environment, folder: ProcessEnvironment.folder,
      console: .standard(environment: environment, color: color))
  }

  package func tool(_ name: String) -> Tool { Tool(name, processes) }

  /// Whether `value` is what the variable really holds; `ProcessEnvironment` repairs bytes that are not UTF-8.
  package static func isText(_ variable: String, _ value: String) -> Bool {
    guard value.unicodeScalars.contains("\u{FFFD}"), let raw = getenv(variable) else { return true }
    return String(validatingCString: raw) == value
  }

  package var cores: Int { ProcessEnvironment.cores }

  /// `SOURCE_DATE_EPOCH`, else 0.
  package func sourceDate() throws -> Int {
    guard let text = environment["SOURCE_DATE_EPOCH"], !text.isEmpty else { return 0 }
    guard let seconds = Int(text), seconds >= 0 else {
      throw CommandError("input.time", "SOURCE_DATE_EPOCH is \"\(text)\", and not seconds since 1970")
    }
    return seconds
  }
}
