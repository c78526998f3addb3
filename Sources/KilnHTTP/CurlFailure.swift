/// Why curl has no answer, by its exit code: its own message may hold the address.
///
/// Source: curl(1), "EXIT CODES".
package struct CurlFailure: Sendable, Equatable {
  package let code: Int32

  package init(code: Int32) { self.code = code }

  /// Nothing was sent yet: another attempt cannot send it twice. After a timeout the other side may have it.
  package var isBeforeSending: Bool { [5, 6, 7, 35].contains(code) }

  package var text: String {
    switch code {
    case 1: "curl does not speak the address's protocol"
    case 3: "curl does not take the address"
    case 5: "the proxy's name is not known"
    case 6: "the host's name is not known"
    case 7: "nothing answers there"
    case 28: "no answer in \(CurlConfig.timeout) s"
    case 35: "no TLS connection"
    case 52: "an empty answer"
    case 55, 56: "the connection broke off"
    case 60: "the certificate is not trusted"
    case 63: "the page is larger than is read of it"
    case 128...: "curl was ended by signal \(code - 128)"
    default: "curl ended with \(code)"
    }
  }
}
