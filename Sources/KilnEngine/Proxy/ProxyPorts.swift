import KilnConsole
import KilnDiagnostics

/// Where the proxy listens on this machine, at the loopback address.
package struct ProxyPorts: Sendable, Equatable {
  let https: Int
  let http: Int

  static let httpsVariable = "KILN_HTTPS_PORT"
  static let httpVariable = "KILN_HTTP_PORT"
  private static let off = "off"

  init(https: Int = 443, http: Int = 80) {
    self.https = https
    self.http = http
  }

  /// As a label of the proxy says it.
  init?(_ text: String) {
    let numbers = text.split(separator: " ").compactMap { Int($0) }
    guard numbers.count == 2 else { return nil }
    self.init(https: numbers[0], http: numbers[1])
  }

  var text: String { "\(https) \(http)" }

  /// What the variables ask for; nil where they ask for nothing: what there is stays as it is.
  init?(in environment: [String: String]) throws {
    func port(_ variable: String) throws -> Int? {
      guard let text = environment[variable], !text.isEmpty else { return nil }
      guard let number = Int(text), (1...65535).contains(number) else {
        throw CommandError(
          "proxy.variable", "\(variable) is \"\(Relayed.safe(text))\", and not a port",
          help: "a number from 1 to 65535; \(Self.httpsVariable)=\(Self.off) switches HTTPS off")
      }
      return number
    }
    let (https, http) = (try port(Self.httpsVariable), try port(Self.httpVariable))
    if https == nil, http == nil { return nil }
    self.init(https: https ?? 443, http: http ?? 80)
  }

  /// Whether this machine has no proxy.
  static func areOff(in environment: [String: String]) -> Bool { environment[httpsVariable] == off }

  func address(_ name: String) -> String { "https://\(name)\(suffix)/" }

  /// What follows the host.
  var suffix: String { https == 443 ? "" : ":\(https)" }
}
