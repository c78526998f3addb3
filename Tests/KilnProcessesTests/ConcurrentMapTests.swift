import KilnProcesses
import Synchronization
import Testing

struct ConcurrentMapTests {
  /// More than one round of them, of which the first ends last.
  @Test(arguments: [0, 1, 3, 50]) func everyAnswerIsInItsPlace(_ width: Int) async {
    let numbers = Array(0..<20)
    let answers = await numbers.concurrentMap(width: width) { number in
      for _ in number..<20 { await Task.yield() }
      return number * 2
    }
    #expect(answers == numbers.map { $0 * 2 })
  }

  @Test func noMoreThanTheWidthAtATime() async {
    let state = Mutex((now: 0, most: 0))
    _ = await Array(0..<20).concurrentMap(width: 3) { _ in
      state.withLock {
        $0.now += 1
        $0.most = max($0.most, $0.now)
      }
      for _ in 0..<10 { await Task.yield() }
      state.withLock { $0.now -= 1 }
    }
    #expect(state.withLock { $0.most } <= 3)
  }

  @Test func nothingGivesNothing() async {
    #expect(await [Int]().concurrentMap(width: 4) { $0 }.isEmpty)
  }
}
