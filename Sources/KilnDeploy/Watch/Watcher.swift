package import KilnDiagnostics
import KilnProcesses

/// Asks pages at an interval and reports changes only: a line when trouble begins, and one when it ends.
///
/// A page is in trouble after two failures in a row: one request may meet a restart.
package struct Watcher: Sendable {
  /// How long it goes on.
  package enum Length: Sendable, Hashable {
    /// One round.
    case once
    case seconds(Int)
    /// Until the user ends it.
    case endless
  }

  /// Pages that are asked at the same time.
  private static let width = 8
  private static let failuresInTrouble = 2
  /// Before a page that failed in the last round is asked again.
  private static let confirmation = Duration.seconds(5)

  private let pages: [WatchedPage]
  private let interval: Duration
  private let length: Length
  private let clock: WatchClock
  private let notify: @Sendable (Notification) async -> [Diagnostic]
  private let report: @Sendable (String) -> Void
  private let warn: @Sendable (Diagnostic) -> Void

  /// - Parameters:
  ///   - interval: From the beginning of a round to that of the next.
  ///   - notify: Sends, and says what could not be sent.
  ///   - report: Takes a line without its line break.
  ///   - warn: Takes what could not be sent.
  package init(
    _ pages: [WatchedPage], every interval: Duration = .seconds(30), for length: Length, clock: WatchClock,
    notify: @escaping @Sendable (Notification) async -> [Diagnostic] = { _ in [] },
    report: @escaping @Sendable (String) -> Void, warn: @escaping @Sendable (Diagnostic) -> Void
  ) {
    self.pages = pages
    self.interval = interval
    self.length = length
    self.clock = clock
    self.notify = notify
    self.report = report
    self.warn = warn
  }

  /// - Parameter open: Troubles that an earlier run has reported: only their ends are news.
  package func run(open: [WatchTrouble] = []) async -> WatchResult {
    var log = WatchLog(open: open.filter { trouble in pages.contains { $0.id == trouble.page } })
    let start = clock.elapsed()
    var rounds = 0
    while !clock.isInterrupted() {
      let begun = clock.elapsed()
      await tell(await round(pages, &log))
      rounds += 1
      if length == .once { break }
      let next = begun + interval
      if case .seconds(let seconds) = length, next - start > .seconds(seconds) { break }
      let pause = next - clock.elapsed()
      if pause > .zero { await clock.wait(pause) }
    }
    await confirm(&log)
    return WatchResult(pages: pages.count, rounds: rounds, troubles: log.troubles, open: log.open)
  }

  /// After the last round: what failed in it is asked once more, since no further round says whether it is in trouble.
  private func confirm(_ log: inout WatchLog) async {
    let failing = pages.filter { log.isUnconfirmed($0.id, failuresInTrouble: Self.failuresInTrouble) }
    guard !failing.isEmpty, !clock.isInterrupted() else { return }
    await clock.wait(min(interval, Self.confirmation))
    await tell(await round(failing, &log))
  }

  /// Asks each once; what changed, in the order of the pages.
  private func round(_ pages: [WatchedPage], _ log: inout WatchLog) async -> [WatchLog.Change] {
    let answers = await pages.concurrentMap(width: Self.width) { await $0.ask() }
    // A request that the user's signal ended says nothing of the page.
    if clock.isInterrupted() { return [] }
    let date = clock.date()
    return zip(pages, answers).compactMap { page, answer in
      log.take(page.id, trouble: page.trouble(answer), at: date, failuresInTrouble: Self.failuresInTrouble)
    }
  }

  private func tell(_ changes: [WatchLog.Change]) async {
    for change in changes { report(change.line) }
    for change in changes { for problem in await notify(change.notification) { warn(problem) } }
  }
}
