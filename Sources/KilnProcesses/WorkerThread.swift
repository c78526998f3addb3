#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A thread whose stack is as deep as a program's first one: specs may be nested. Those of a task pool have less.
struct WorkerThread {
  private static let stackSize = 8 << 20

  private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  private let thread: pthread_t

  /// Nil where the system has no thread left.
  init?(_ body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(Body(body))
    #if canImport(Darwin)
      var made: pthread_t?
    #else
      var made = pthread_t()
    #endif
    let answer = withUnsafeTemporaryAllocation(of: pthread_attr_t.self, capacity: 1) { place -> CInt in
      guard let attributes = place.baseAddress else { return EAGAIN }
      pthread_attr_init(attributes)
      defer { pthread_attr_destroy(attributes) }
      pthread_attr_setstacksize(attributes, Self.stackSize)
      return pthread_create(&made, attributes, { Self.start($0) }, box.toOpaque())
    }
    guard answer == 0 else {
      box.release()
      return nil
    }
    #if canImport(Darwin)
      guard let made else { return nil }
    #endif
    thread = made
  }

  private static func start(_ box: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    box.map { Unmanaged<Body>.fromOpaque($0).takeRetainedValue().run() }
    return nil
  }

  func join() { pthread_join(thread, nil) }
}
