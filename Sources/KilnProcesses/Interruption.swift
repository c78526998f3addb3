import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Whether the user wants the command to end: what is half done is then taken back.
package enum Interruption {
  package struct Failure: Error {
    package init() {}
  }

  private static let wanted = Atomic(0)

  /// From now on SIGINT and SIGTERM are counted; SIGHUP and SIGQUIT as well, unless they are ignored, as `nohup` has it: a
  /// terminal that is closed shall leave nothing behind.
  package static func watch() {
    for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
      var current = sigaction()
      if number == SIGHUP || number == SIGQUIT, sigaction(number, nil, &current) == 0, isIgnored(current) { continue }
      signal(number) { _ in _ = Interruption.wanted.add(1, ordering: .relaxed) }
    }
  }

  private static func isIgnored(_ action: sigaction) -> Bool {
    // SIG_IGN is no constant that Swift imports.
    #if os(Linux)
      unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    #else
      unsafeBitCast(action.__sigaction_u.__sa_handler, to: Int.self) == 1
    #endif
  }

  /// How often the user has asked.
  package static var count: Int { wanted.load(ordering: .relaxed) }

  package static func check() throws { if count > 0 { throw Failure() } }
}
