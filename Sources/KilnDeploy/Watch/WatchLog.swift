import KilnDocuments

/// What a watcher has seen of its pages.
struct WatchLog: Sendable {
  /// The beginning or the end of a trouble.
  enum Change: Sendable, Hashable {
    case began(WatchTrouble, at: Int)
    case ended(WatchTrouble, at: Int)

    var line: String {
      switch self {
      case .began(let trouble, let date):
        "\(UTCTime.stamp(date)) \(trouble.page.text): trouble: \(ConsoleText.safe(line: trouble.reason))"
      case .ended(let trouble, let date):
        "\(UTCTime.stamp(date)) \(trouble.page.text): well again after \(SpanText.text(seconds: max(0, date - trouble.since)))"
      }
    }

    var notification: Notification {
      switch self {
      case .began(let trouble, _): trouble.notification(.watchTrouble)
      case .ended(let trouble, let date):
        trouble.notification(.watchRecovered, duration: max(0, date - trouble.since))
      }
    }
  }

  private struct State {
    var failures = 0
    /// When the first of them was.
    var since = 0
    /// Where it was reported.
    var trouble: WatchTrouble?
  }

  private var states: [WatchedPage.ID: State] = [:]
  private(set) var troubles: Int

  init(open: [WatchTrouble]) {
    for trouble in open { states[trouble.page] = State(failures: 0, since: trouble.since, trouble: trouble) }
    troubles = open.count
  }

  /// In the order of their names.
  var open: [WatchTrouble] { states.values.compactMap(\.trouble).sorted { $0.page.text < $1.page.text } }

  /// Whether the page failed, and not often enough in this run to say that it is in trouble, or still is.
  func isUnconfirmed(_ page: WatchedPage.ID, failuresInTrouble: Int) -> Bool {
    guard let state = states[page] else { return false }
    return state.failures > 0 && state.failures < failuresInTrouble
  }

  mutating func take(_ page: WatchedPage.ID, trouble reason: String?, at date: Int, failuresInTrouble: Int) -> Change? {
    var state = states[page] ?? State()
    defer { states[page] = state }
    guard let reason else {
      let ended = state.trouble
      state = State()
      return ended.map { .ended($0, at: date) }
    }
    if state.failures == 0, state.trouble == nil { state.since = date }
    state.failures += 1
    guard state.trouble == nil, state.failures >= failuresInTrouble else { return nil }
    let trouble = WatchTrouble(page: page, reason: reason, since: state.since)
    state.trouble = trouble
    troubles += 1
    return .began(trouble, at: date)
  }
}
