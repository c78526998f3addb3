import KilnConsole
import KilnDiagnostics

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A TCP port of the loopback address.
package enum LocalPort {
  /// The wanted port, else the one that the app had; nil, for one that is free, where another program has that.
  /// - Throws: `CommandError` where another program has the wanted one.
  package static func choose(_ wanted: Int?, for app: String, _ environment: LocalEnvironment) async throws -> Int? {
    let former = environment.state.ports[app]
    guard let port = wanted ?? former, !isFree(port) else { return wanted ?? former }
    let states = try await environment.project.states()
    if states.contains(where: { $0.Publishers?.contains { $0.PublishedPort == port } ?? false }) { return port }
    if wanted != nil {
      throw CommandError(
        "up.port", "port \(port) of this machine is in use by another program",
        help: "`ss -ltnp` shows which program uses \(port); without --port, \(app) uses a free port")
    }
    environment.context.console.error(
      "note: port \(port) of this machine is in use: \(app) uses a free port instead (see the URL); `ss -ltnp` shows which program uses \(port)\n"
    )
    return nil
  }

  /// Whether a server could listen there now.
  package static func isFree(_ port: Int) -> Bool { listened(at: port) != nil }

  /// One that nobody has at this moment; nil where the system gives none.
  package static func free() -> Int? { listened(at: 0) }

  /// The port that a socket gets that is bound to `port`, 0 for any; nil where it gets none.
  private static func listened(at port: Int) -> Int? {
    #if canImport(Glibc)
      let stream = Int32(SOCK_STREAM.rawValue)
    #else
      let stream = SOCK_STREAM
    #endif
    let descriptor = socket(AF_INET, stream, 0)
    guard descriptor >= 0 else { return port }
    defer { close(descriptor) }
    var reuse: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(clamping: port)).bigEndian
    address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
      }
    }
    return isBound ? Int(UInt16(bigEndian: address.sin_port)) : nil
  }
}
