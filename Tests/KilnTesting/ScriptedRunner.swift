package import KilnProcesses
import Synchronization
package import SystemPackage
package import Testing

/// Programs that a test scripts: what is asked of them, in which order, and what they answer.
///
/// A call that is not scripted fails the test and is answered as if the program were not there; `finish()` fails it for
/// answers that nobody asked for.
package final class ScriptedRunner: ProcessRunner {
  /// An expected call, and the answer to it.
  package struct Step: Sendable {
    let command: String
    let outcome: Tool.Outcome
    let isMissing: Bool
    let effect: (@Sendable (Invocation) throws -> Void)?

    /// - Parameters:
    ///   - command: The program and its arguments, with blanks between them. `…` at the end stands for any more text.
    ///   - effect: What the program does besides.
    package static func run(
      _ command: String, output: String = "", error: String = "", code: Int32 = 0,
      effect: (@Sendable (Invocation) throws -> Void)? = nil
    ) -> Step {
      Step(
        command: command, outcome: .init(code: code, output: output, error: error), isMissing: false, effect: effect)
    }

    /// The program is not on the PATH.
    package static func missing(_ command: String) -> Step {
      Step(command: command, outcome: .init(), isMissing: true, effect: nil)
    }

    fileprivate func isFor(_ text: String) -> Bool {
      command.hasSuffix("…") ? text.hasPrefix(command.dropLast()) : text == command
    }
  }

  private struct State {
    var steps: [Step]
    var calls: [Invocation] = []
  }

  private let state: Mutex<State>
  private let isOrdered: Bool

  /// - Parameter isOrdered: Whether calls come in the order of the steps; else each step is for one call, whenever.
  package init(_ steps: [Step], isOrdered: Bool = true) {
    state = Mutex(State(steps: steps))
    self.isOrdered = isOrdered
  }

  /// What was run, in order.
  package var calls: [Invocation] { state.withLock { $0.calls } }

  /// Nothing that was scripted is left.
  package func finish(_ location: SourceLocation = #_sourceLocation) {
    let left = state.withLock { $0.steps.map(\.command) }
    #expect(left == [], "never run", sourceLocation: location)
  }

  private func answer(_ invocation: Invocation) throws -> Tool.Outcome {
    let text = ([invocation.program] + invocation.arguments).joined(separator: " ")
    let step = state.withLock { state -> Step? in
      state.calls.append(invocation)
      let index = isOrdered ? state.steps.indices.first : state.steps.firstIndex { $0.isFor(text) }
      guard let index, state.steps[index].isFor(text) else { return nil }
      return state.steps.remove(at: index)
    }
    guard let step else {
      let next = state.withLock { $0.steps.first?.command } ?? "nothing"
      Issue.record("not scripted: \(text)\nnext would be: \(next)")
      throw Tool.Missing(name: invocation.program)
    }
    if step.isMissing { throw Tool.Missing(name: invocation.program) }
    try step.effect?(invocation)
    return step.outcome
  }

  package func output(_ invocation: Invocation) async throws -> Tool.Outcome { try answer(invocation) }

  package func stream(
    _ invocation: Invocation, _ body: @Sendable @escaping (UnsafeRawBufferPointer) throws -> Void
  ) async throws -> Int32 {
    let outcome = try answer(invocation)
    try Array((outcome.output + outcome.error).utf8).withUnsafeBytes { if !$0.isEmpty { try body($0) } }
    return outcome.code
  }

  /// What the program reads is in the effect's hands; what it prints goes to `output`, its errors are kept.
  package func redirected(
    _ invocation: Invocation, input: FileDescriptor?, output: FileDescriptor?, isShielded: Bool
  ) async throws -> Tool.Outcome {
    var read: [UInt8] = []
    if let input {
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = try buffer.withUnsafeMutableBytes { try input.read(into: $0) }
        if count == 0 { break }
        read += buffer[..<count]
      }
    }
    let outcome = try answer(
      Invocation(
        invocation.program, invocation.arguments, environment: invocation.environment, input: read,
        folder: invocation.folder))
    _ = try output?.writeAll(Array(outcome.output.utf8))
    return Tool.Outcome(code: outcome.code, error: outcome.error)
  }

  package func attached(_ invocation: Invocation) async throws -> Int32 { try answer(invocation).code }
}
