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

  /// From now on SIGINT and SIGTERM are counted.
  package static func watch() {
    for number in [SIGINT, SIGTERM] {
      signal(number) { _ in _ = Interruption.wanted.add(1, ordering: .relaxed) }
    }
  }

  /// How often the user has asked.
  package static var count: Int { wanted.load(ordering: .relaxed) }

  package static func check() throws { if count > 0 { throw Failure() } }
}
