import Synchronization

/// Of what Compose prints without a terminal, what happened: not what is about to happen, nor what it waits for.
///
///      Container acme-app-1  Creating        not shown
///      Container acme-app-1  Started         shown
///      Volume "acme_redis-data"  Created     shown
final class ComposeProgress: Sendable {
  private let said = Mutex<Set<String>>([])

  private static let unsaid: Set<String> = [
    "Creating", "Starting", "Waiting", "Running", "Stopping", "Removing", "Recreate", "Recreating", "Restarting",
    "Stopped",
  ]

  /// The line as it is shown; nil for one that is not. What is no progress is shown as it is.
  func shown(_ line: String) -> String? {
    let words = line.split(separator: " ", omittingEmptySubsequences: true)
    guard line.hasPrefix(" "), words.count == 3, ["Container", "Network", "Volume"].contains(words[0]) else {
      return line
    }
    let status = String(words[2])
    // A container that is made is started; networks come and go with the rest.
    let isUnsaid = Self.unsaid.contains(status) || words[0] == "Container" && status == "Created"
    if isUnsaid || words[0] == "Network" && ["Created", "Removed"].contains(status) { return nil }
    // It says so once for everything that waits for it.
    return said.withLock { $0.insert(line).inserted } ? line : nil
  }
}
