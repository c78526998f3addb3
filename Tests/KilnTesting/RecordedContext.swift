package import Foundation
package import KilnConsole
package import KilnProcesses
import Synchronization
import SystemPackage

/// A command's context with what it printed.
package final class RecordedContext: Sendable {
  package let context: CommandContext
  private let printed: Printed

  package init(
    _ folder: URL, environment: [String: String] = [:], processes: any ProcessRunner = SystemProcesses(),
    isTerminal: Bool = false
  ) {
    let printed = Printed()
    self.printed = printed
    let console = Console(color: false, isTerminal: isTerminal) { stream, bytes in
      printed.append(String(decoding: bytes, as: UTF8.self), isError: stream == .error)
    }
    context = CommandContext(
      environment: environment, folder: FilePath(folder.path), console: console, processes: processes)
  }

  package var output: String { printed.text(isError: false) }
  package var error: String { printed.text(isError: true) }
  package func clear() { printed.clear() }
}

/// A new folder that is removed afterwards.
package func withFolder<T>(_ body: (URL) async throws -> T) async throws -> T {
  let url = FileManager.default.temporaryDirectory.appending(path: "kiln-tests-\(UInt64.random(in: 0 ... .max))")
  try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: url) }
  return try await body(url)
}

package func withFolder<T>(_ body: (URL) throws -> T) throws -> T {
  let url = FileManager.default.temporaryDirectory.appending(path: "kiln-tests-\(UInt64.random(in: 0 ... .max))")
  try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: url) }
  return try body(url)
}

/// Writes files below `root`, with the folders that they are in.
package func write(_ files: [String: String], in root: URL) throws {
  for (path, text) in files {
    let file = root.appending(path: path)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: file, atomically: true, encoding: .utf8)
  }
}
