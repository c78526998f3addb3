import ArgumentParser
import KilnDiagnostics

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where a command writes: the result to standard output, everything else to standard error.
struct Console: Sendable {
  let output: @Sendable (String) -> Void
  /// For results that need not be UTF-8.
  var outputBytes: @Sendable ([UInt8]) -> Void = { $0.withUnsafeBytes { Self.write($0, to: STDOUT_FILENO) } }
  let error: @Sendable (String) -> Void
  /// For what other programs print, which may come in pieces of characters.
  var errorBytes: @Sendable (UnsafeRawBufferPointer) -> Void = { Self.write($0, to: STDERR_FILENO) }
  /// Whether standard error is a terminal that may be coloured.
  let color: Bool
  let isTerminal: Bool

  static func standard(environment: [String: String], color: ColorChoice = .auto) -> Console {
    let terminal = isatty(STDERR_FILENO) == 1
    let allowed = terminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    return Console(
      output: { Self.write($0, to: STDOUT_FILENO) }, error: { Self.write($0, to: STDERR_FILENO) },
      color: color == .always || (color == .auto && allowed), isTerminal: terminal)
  }

  private static func write(_ text: String, to descriptor: Int32) {
    var text = text
    text.withUTF8 { write(UnsafeRawBufferPointer($0), to: descriptor) }
  }

  private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) {
    var rest = bytes
    while !rest.isEmpty {
      let count = Platform.write(descriptor, rest)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        // A result that nobody gets must not look like one; a message that nobody gets has no other way.
        if descriptor == STDOUT_FILENO, errno != EPIPE { failToWrite() }
        return
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  private static func failToWrite() -> Never {
    write("error: cannot write to standard output: \(String(cString: strerror(errno)))\n", to: STDERR_FILENO)
    exit(KilnExit.machine.rawValue)
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

enum ColorChoice: String, Sendable, CaseIterable { case auto, always, never }
