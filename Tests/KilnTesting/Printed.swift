import Synchronization

/// What a command printed.
final class Printed: Sendable {
  private let texts = Mutex<(output: String, error: String)>(("", ""))

  func append(_ text: String, isError: Bool) {
    texts.withLock { texts in
      if isError { texts.error += text } else { texts.output += text }
    }
  }

  func clear() { texts.withLock { $0 = ("", "") } }

  func text(isError: Bool) -> String { texts.withLock { isError ? $0.error : $0.output } }
}
