import KilnProcesses
import Testing

struct WorkersTests {
  private struct Failure: Error, Equatable { let number: Int }

  @Test(arguments: [1, 2, 8]) func resultsKeepTheOrderOfTheItems(count: Int) throws {
    let numbers = Array(0..<5000)
    #expect(try Workers(count: count).map(numbers) { $0 * 2 } == numbers.map { $0 * 2 })
    #expect(try Workers(count: count).map([Int]()) { $0 }.isEmpty)
  }

  @Test func theFirstFailureIsThrown() {
    #expect(throws: Failure.self) {
      try Workers(count: 4).map(Array(0..<100)) { number -> Int in
        if number >= 50 { throw Failure(number: number) }
        return number
      }
    }
  }
}
