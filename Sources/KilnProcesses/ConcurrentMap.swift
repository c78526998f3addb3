extension Collection where Self: Sendable, Element: Sendable, Index == Int {
  /// What `transform` makes of each element, in their order, `width` of them at a time.
  ///
  /// What is under way is kept in the group's own body: a local function that adds tasks and writes to a captured
  /// variable loses what it wrote where the compiler optimises (Swift 6.3).
  package func concurrentMap<Output: Sendable>(
    width: Int, _ transform: @escaping @Sendable (Element) async -> Output
  ) async -> [Output] {
    await withTaskGroup(of: (Int, Output).self) { group in
      var outputs: [Output?] = Array(repeating: nil, count: count)
      for (offset, element) in enumerated() {
        if offset >= Swift.max(1, width), let (done, output) = await group.next() { outputs[done] = output }
        group.addTask { (offset, await transform(element)) }
      }
      for await (done, output) in group { outputs[done] = output }
      return outputs.compactMap { $0 }
    }
  }
}
