package import KilnDiagnostics
package import KilnDocuments

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where a command writes: the result to standard output, everything else to standard error.
///
/// Whatever is text goes through `ConsoleText`: names of files, specs and what other programs print may hold commands to
/// a terminal or to a CI system. What must arrive byte by byte goes through `raw`, and nothing else does.
package struct Console: Sendable {
  package enum Stream: Sendable {
    case output, error

    fileprivate var descriptor: CInt { self == .output ? STDOUT_FILENO : STDERR_FILENO }
  }

  private let write: @Sendable (Stream, UnsafeRawBufferPointer) -> Void
  /// Whether standard error is a terminal that may be coloured.
  package let color: Bool
  package let isTerminal: Bool

  package init(color: Bool, isTerminal: Bool, write: @escaping @Sendable (Stream, UnsafeRawBufferPointer) -> Void) {
    self.write = write
    self.color = color
    self.isTerminal = isTerminal
  }

  package static func standard(environment: [String: String], color: ColorChoice = .auto) -> Console {
    let terminal = isatty(STDERR_FILENO) == 1
    let allowed = terminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    return Console(color: color == .always || (color == .auto && allowed), isTerminal: terminal) {
      Self.write($1, to: $0.descriptor)
    }
  }

  /// A result for people.
  package func output(_ text: String) { raw(.output, ConsoleText.safe(text)) }

  /// A message.
  package func error(_ text: String) { raw(.error, ConsoleText.safe(text)) }

  /// Diagnostics, whose colours are ours.
  package func error(_ text: DiagnosticText) {
    raw(.error, text.parts.map { $0.isColor ? $0.text : ConsoleText.safe($0.text) }.joined())
  }

  /// A line that the next one takes the place of, on a terminal.
  package func progress(_ text: String) {
    if isTerminal { raw(.error, "\r\(ConsoleText.safe(line: text))\u{1B}[K\r") }
  }

  /// A document for programs: its values stay what they are, and yet nothing in it is a command.
  package func output(json document: DocumentValue) { output(json: JSONRenderer(sortedKeys: true).render(document)) }

  package func output(json text: String) { raw(.output, ConsoleText.safe(json: text)) }

  /// Bytes for programs, as they are: contents of files, variables and commands of a CI system that are Kiln's own.
  package func raw(_ stream: Stream, _ bytes: [UInt8]) { bytes.withUnsafeBytes { write(stream, $0) } }

  package func raw(_ stream: Stream, _ text: String) {
    var text = text
    text.withUTF8 { write(stream, UnsafeRawBufferPointer($0)) }
  }

  /// Passes on what another program prints, line by line.
  ///
  /// - Parameter edit: Changes a line before it is printed, as to leave a secret out; nil leaves the line out.
  package func relay(_ stream: Stream = .error, edit: @escaping @Sendable (String) -> String? = { $0 }) -> RelayedOutput
  {
    RelayedOutput(edit: edit) { raw(stream, $0) }
  }

  private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) {
    var rest = bytes
    while !rest.isEmpty {
      let count = Platform.write(descriptor, rest)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        // A result that nobody gets must not look like one; a message that nobody gets has no other way.
        if descriptor == STDOUT_FILENO { errno == EPIPE ? endLikeOthers() : failToWrite() }
        return
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  /// Whoever read the result has closed it, as `| head` does: the program ends as if the signal had not been ignored.
  private static func endLikeOthers() -> Never {
    signal(SIGPIPE, SIG_DFL)
    raise(SIGPIPE)
    exit(128 + SIGPIPE)
  }

  /// The machine has failed: 70, as sysexits.h numbers it.
  private static func failToWrite() -> Never {
    let problem = Diagnostic("machine.output", "cannot write to standard output: \(String(cString: strerror(errno)))")
    Array(DiagnosticRenderer().render([problem]).utf8).withUnsafeBytes { write($0, to: STDERR_FILENO) }
    exit(70)
  }
}

private enum Platform {
  static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    #if canImport(Glibc)
      Glibc.write(descriptor, bytes.baseAddress, bytes.count)
    #elseif canImport(Musl)
      Musl.write(descriptor, bytes.baseAddress, bytes.count)
    #else
      Darwin.write(descriptor, bytes.baseAddress, bytes.count)
    #endif
  }
}

package enum ColorChoice: String, Sendable, CaseIterable { case auto, always, never }
