import KilnProcesses

/// What a watcher knows of time; tests have no need to wait.
package struct WatchClock: Sendable {
  /// Seconds since 1970, for people.
  package let date: @Sendable () -> Int
  /// Since any point; never set back.
  package let elapsed: @Sendable () -> Duration
  /// Waits, or less where the user ends the command.
  package let wait: @Sendable (Duration) async -> Void
  /// Whether the user wants the command to end.
  package let isInterrupted: @Sendable () -> Bool

  package init(
    date: @escaping @Sendable () -> Int, elapsed: @escaping @Sendable () -> Duration,
    wait: @escaping @Sendable (Duration) async -> Void, isInterrupted: @escaping @Sendable () -> Bool
  ) {
    self.date = date
    self.elapsed = elapsed
    self.wait = wait
    self.isInterrupted = isInterrupted
  }

  /// The machine's clock. SIGINT and SIGTERM are counted from now on.
  package static func system(date: @escaping @Sendable () -> Int) -> WatchClock {
    Interruption.watch()
    let start = ContinuousClock.now
    return WatchClock(
      date: date, elapsed: { ContinuousClock.now - start },
      wait: { duration in
        let end = ContinuousClock.now + duration
        while Interruption.count == 0 {
          let left = end - ContinuousClock.now
          if left <= .zero { return }
          try? await Task.sleep(for: min(left, .milliseconds(100)))
        }
      }, isInterrupted: { Interruption.count > 0 })
  }
}
