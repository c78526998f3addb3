#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The time, and waiting; tests bring their own.
package struct DeployClock: Sendable {
  /// Seconds since 1970.
  package let now: @Sendable () -> Double
  /// Waits so many seconds, less where the task is cancelled.
  package let sleep: @Sendable (Double) async -> Void

  package init(now: @escaping @Sendable () -> Double, sleep: @escaping @Sendable (Double) async -> Void) {
    self.now = now
    self.sleep = sleep
  }

  package static let system = DeployClock(
    now: { Date().timeIntervalSince1970 }, sleep: { try? await Task.sleep(for: .milliseconds(Int($0 * 1000))) })

  /// Whole seconds since 1970.
  package var seconds: Int { Int(now()) }
}
