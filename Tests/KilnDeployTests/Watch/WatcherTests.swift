import HostileStrings
import KilnDiagnostics
import KilnHTTP
import Synchronization
import Testing

@testable import KilnDeploy

struct WatcherTests {
  /// A clock that stands still between two waits, pages that answer from a list, and what came of it.
  final class World: Sendable {
    private struct State {
      var elapsed = Duration.zero
      var answers: [String: [PageAnswer]]
      var lines: [String] = []
      var notifications: [Notification] = []
      var warnings: [Diagnostic] = []
      var waits: [Duration] = []
      var end: Duration?
    }

    private let state: Mutex<State>
    let failure: Diagnostic?

    /// - Parameters:
    ///   - answers: By path; after the last one the page is well.
    ///   - end: When the user ends the command.
    ///   - failure: What each notification comes to.
    init(_ answers: [String: [PageAnswer]], end: Duration? = nil, failure: Diagnostic? = nil) {
      state = Mutex(State(answers: answers, end: end))
      self.failure = failure
    }

    var clock: WatchClock {
      WatchClock(
        date: { 1_795_739_965 + Int(self.state.withLock { $0.elapsed.components.seconds }) },
        elapsed: { self.state.withLock { $0.elapsed } },
        wait: { duration in
          self.state.withLock {
            $0.elapsed += duration
            $0.waits.append(duration)
          }
        }, isInterrupted: { self.state.withLock { state in state.end.map { state.elapsed >= $0 } ?? false } })
    }

    func page(_ path: String, app: String = "care", content: String? = nil) -> WatchedPage {
      WatchedPage(.init(customer: "acme", stage: "qa", app: app, path: path), content: content) {
        self.state.withLock { state in
          guard var left = state.answers[path], !left.isEmpty else { return .page(status: 200, body: "fine") }
          defer { state.answers[path] = left }
          return left.removeFirst()
        }
      }
    }

    func run(
      _ pages: [WatchedPage], for length: Watcher.Length, every interval: Duration = .seconds(30),
      open: [WatchTrouble] = []
    ) async -> WatchResult {
      await Watcher(
        pages, every: interval, for: length, clock: clock,
        notify: { notification in
          self.state.withLock { $0.notifications.append(notification) }
          return self.failure.map { [$0] } ?? []
        }, report: { line in self.state.withLock { $0.lines.append(line) } },
        warn: { problem in self.state.withLock { $0.warnings.append(problem) } }
      ).run(open: open)
    }

    var lines: [String] { state.withLock { $0.lines } }
    var notifications: [Notification] { state.withLock { $0.notifications } }
    var warnings: [Diagnostic] { state.withLock { $0.warnings } }
    var waits: [Duration] { state.withLock { $0.waits } }
  }

  private static let bad = PageAnswer.page(status: 500, body: "")
  private static let good = PageAnswer.page(status: 200, body: "fine")
  private static let known = WatchTrouble(
    page: .init(customer: "acme", stage: "qa", app: "care", path: "/health"), reason: "status 500 in place of 200",
    since: 1_795_739_065)

  @Test func reportsChangesAlone() async {
    let world = World(["/health": [Self.good, Self.bad, Self.bad, Self.bad, .none("no answer in 10 s"), Self.good]])
    let result = await world.run([world.page("/health"), world.page("/")], for: .seconds(240))
    #expect(
      world.lines == [
        "2026-11-27T00:40:25Z acme qa: care /health: trouble: status 500 in place of 200",
        "2026-11-27T00:41:55Z acme qa: care /health: well again after 2 min",
      ])
    #expect(world.notifications.map(\.event) == [.watchTrouble, .watchRecovered])
    #expect(
      world.notifications.map(\.id) == [
        "watch/acme/qa/care//health/1795739995/trouble", "watch/acme/qa/care//health/1795739995/recovered",
      ])
    #expect(world.notifications.last?.text == "acme qa: care /health is well again after 2 min")
    #expect(result == WatchResult(pages: 2, rounds: 9, troubles: 1, open: []))
    #expect(result.exitCode == 1)
    #expect(result.text == "2 pages, asked 9 times: trouble once, all well now")
  }

  @Test func oneFailureIsNoTrouble() async {
    let world = World(["/health": [Self.bad, Self.good, Self.bad, Self.good]])
    let result = await world.run([world.page("/health")], for: .seconds(120))
    #expect(world.lines == [])
    #expect(world.notifications == [])
    #expect(result.exitCode == 0)
    #expect(result.text == "1 page, asked 5 times: all well")
  }

  @Test func onceAsksWhatFailsASecondTime() async {
    let world = World(["/health": [Self.bad, Self.bad], "/": [Self.bad]])
    let result = await world.run([world.page("/health"), world.page("/")], for: .once)
    #expect(world.waits == [.seconds(5)])
    #expect(world.lines == ["2026-11-27T00:39:30Z acme qa: care /health: trouble: status 500 in place of 200"])
    #expect(result.exitCode == 1)
    #expect(result.open.map(\.page.path) == ["/health"])
    #expect(result.text == "2 pages, asked once: trouble once, 1 page still in trouble")
  }

  @Test func onceDoesNotWaitWhereAllIsWell() async {
    let world = World([:])
    #expect(await world.run([world.page("/health")], for: .once).exitCode == 0)
    #expect(world.waits == [])
    #expect(world.lines == [])
  }

  @Test func whatAnEarlierRunReportedIsNoNews() async {
    let world = World(["/health": [Self.bad, Self.bad]])
    let result = await world.run([world.page("/health")], for: .once, open: [Self.known])
    #expect(world.lines == [])
    #expect(world.notifications == [])
    #expect(result.open == [Self.known])
    #expect(result.exitCode == 1)
  }

  @Test func theEndOfWhatAnEarlierRunReportedIs() async {
    let world = World([:])
    let result = await world.run([world.page("/health")], for: .once, open: [Self.known])
    #expect(world.lines == ["2026-11-27T00:39:25Z acme qa: care /health: well again after 15 min"])
    #expect(world.notifications.map(\.id) == ["watch/acme/qa/care//health/1795739065/recovered"])
    #expect(result.open == [])
  }

  /// One request that fails, as before a proxy listens, says nothing of a page that was in trouble, either.
  @Test func whatIsStillInTroubleIsAskedTwice() async {
    let world = World(["/health": [.none("nothing answers there")]])
    let result = await world.run([world.page("/health")], for: .once, open: [Self.known])
    #expect(result.open.isEmpty && world.lines.count == 1)
  }

  @Test func aPageThatIsWatchedNoMoreIsForgotten() async {
    let world = World([:])
    #expect(await world.run([world.page("/")], for: .once, open: [Self.known]).troubles == 0)
  }

  @Test func endsWhenTheUserWantsIt() async {
    let world = World(["/health": [Self.bad, Self.bad, Self.bad, Self.bad]], end: .seconds(60))
    let result = await world.run([world.page("/health")], for: .endless)
    #expect(result.rounds == 2)
    #expect(result.open.count == 1)
    #expect(world.notifications.count == 1)
  }

  @Test func aWebhookThatIsDownEndsNothing() async {
    let problem = Diagnostic("notify.failed", "down", severity: .warning)
    let world = World(["/health": [Self.bad, Self.bad]], failure: problem)
    let result = await world.run([world.page("/health")], for: .seconds(120))
    #expect(result.rounds == 5)
    #expect(world.warnings == [problem, problem])
  }

  @Test func manyPagesAreReportedInTheirOrder() async {
    let paths = (0..<40).map { "/\($0)" }
    let world = World(Dictionary(uniqueKeysWithValues: paths.map { ($0, [Self.bad, Self.bad]) }))
    _ = await world.run(paths.map { world.page($0) }, for: .once)
    #expect(world.notifications.compactMap(\.page) == paths)
  }

  @Test(arguments: [
    (PageAnswer.page(status: 200, body: "all fine"), nil),
    (.page(status: 302, body: "fine"), "status 302 in place of 200"),
    (.page(status: 200, body: "FINE"), "the page does not contain \"fine\""),
    (.none("nothing answers there"), "nothing answers there"),
  ])
  func anAnswerIsHeldToThePage(answer: PageAnswer, trouble: String?) {
    #expect(World([:]).page("/", content: "fine").trouble(answer) == trouble)
  }

  @Test(arguments: hostileStrings)
  func foreignTextAddsNoLine(text: String) async {
    let world = World([text: [.none(text), .none(text)]])
    _ = await world.run([world.page(text, app: text)], for: .once)
    #expect(world.lines.count == 1)
    #expect(!world.lines[0].unicodeScalars.contains { $0.value < 0x20 })
  }
}
