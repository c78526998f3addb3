import Synchronization

@testable import KilnDeploy

/// Time that passes when somebody waits. Whoever waits long, as for the next renewal of a lock, wakes when it has come.
final class FakeClock: Sendable {
  private struct Sleeper {
    let id: Int
    let deadline: Double
    let continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var now: Double
    var sleepers: [Sleeper] = []
    var next = 0
  }

  private let state: Mutex<State>

  init(_ now: Double = 1_800_000_000) { state = Mutex(State(now: now)) }

  var clock: DeployClock { DeployClock(now: { self.state.withLock(\.now) }, sleep: { await self.sleep($0) }) }

  func advance(_ seconds: Double) -> Bool {
    let due = state.withLock { state -> [Sleeper] in
      state.now += seconds
      let due = state.sleepers.filter { $0.deadline <= state.now }
      state.sleepers.removeAll { $0.deadline <= state.now }
      return due
    }
    for sleeper in due { sleeper.continuation.resume() }
    return !due.isEmpty
  }

  private func sleep(_ seconds: Double) async {
    guard seconds >= ClusterLock.interval else {
      try? await Task.sleep(for: .milliseconds(1))
      // Who has woken does what he woke for, and sleeps again, before time goes on.
      if advance(seconds) {
        for _ in 0..<400 where state.withLock(\.sleepers.isEmpty) { try? await Task.sleep(for: .milliseconds(5)) }
      }
      return
    }
    let id = state.withLock { state in
      state.next += 1
      return state.next
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isCancelled = Task.isCancelled
        state.withLock { state in
          guard !isCancelled else { return continuation.resume() }
          state.sleepers.append(Sleeper(id: id, deadline: state.now + seconds, continuation: continuation))
        }
      }
    } onCancel: {
      let found = state.withLock { state -> Sleeper? in
        guard let index = state.sleepers.firstIndex(where: { $0.id == id }) else { return nil }
        return state.sleepers.remove(at: index)
      }
      found?.continuation.resume()
    }
  }
}
