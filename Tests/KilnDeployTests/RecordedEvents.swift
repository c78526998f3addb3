import Synchronization

@testable import KilnDeploy

/// What a deployment told.
final class RecordedEvents: Sendable {
  private let events = Mutex<[DeployEvent]>([])

  func add(_ event: DeployEvent) { events.withLock { $0.append(event) } }

  var lines: [String] { events.withLock { $0.map(\.line) } }
  var text: String { lines.joined(separator: "\n") }
}
