import Synchronization

/// Threads for work that comes in independent pieces; results keep the pieces' order, whoever did them.
public struct Workers: Sendable {
  /// How many pieces are worked on at once, this thread's own included; at least 1.
  public let count: Int

  /// - Parameter count: As many as the machine has processors without.
  public init(count: Int? = nil) { self.count = max(1, count ?? ProcessEnvironment.cores) }

  /// The result of `body` for each item, in the items' order.
  /// - Throws: The error of the first item, in their order, that had one; the others are finished or not begun.
  public func map<Item: Sendable, Result: Sendable>(
    _ items: [Item], _ body: @Sendable @escaping (Item) throws -> Result
  ) throws -> [Result] {
    if count == 1 || items.count < 2 { return try items.map(body) }
    let work = Work(items, body)
    let helpers = min(count, items.count) - 1
    let threads = (0..<helpers).compactMap { _ in WorkerThread { work.run() } }
    work.run()
    for thread in threads { thread.join() }
    return try work.results()
  }
}

private final class Work<Item: Sendable, Value: Sendable>: Sendable {
  private let items: [Item]
  private let body: @Sendable (Item) throws -> Value
  private let next = Atomic(0)
  private let isFailing = Atomic(false)
  private let found: Mutex<[Result<Value, any Error>?]>

  init(_ items: [Item], _ body: @Sendable @escaping (Item) throws -> Value) {
    self.items = items
    self.body = body
    found = Mutex([Result<Value, any Error>?](repeating: nil, count: items.count))
  }

  func run() {
    while !isFailing.load(ordering: .relaxed) {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < items.count else { return }
      let result = Result { try body(items[index]) }
      if case .failure = result { isFailing.store(true, ordering: .relaxed) }
      found.withLock { $0[index] = result }
    }
  }

  func results() throws -> [Value] {
    try found.withLock { found in try found.compactMap { try $0?.get() } }
  }
}
