import HostileStrings
import KilnHTTP
import Testing

struct HTTPAddressTests {
  @Test(arguments: [
    ("https://care.acme.example", "care.acme.example", false, false),
    ("HTTP://LOCALHOST:8080/x?y#z", "localhost", true, true),
    ("https://[::1]:443", "[::1]", true, true), ("https://[::1]", "[::1]", false, true),
    ("http://127.0.0.1@evil.example/", "127.0.0.1@evil.example", false, false),
    ("http://127.1.2.3", "127.1.2.3", false, true),
  ]) func isRead(_ text: String, _ host: String, _ hasPort: Bool, _ isLoopback: Bool) throws {
    let address = try #require(HTTPAddress(text))
    #expect(address.host == host && address.hasPort == hasPort && address.isLoopback == isLoopback)
  }

  @Test(arguments: [
    "", "care.acme.example", "ftp://x", "https://", "https://:443", "https://a b", "https://a\"b", "https://a\nb",
  ])
  func whatIsNoneIsNone(_ text: String) { #expect(HTTPAddress(text) == nil) }

  @Test(arguments: hostileStrings) func whatIsTakenIsOneWord(_ text: String) {
    if let address = HTTPAddress("https://\(text)") {
      #expect(!address.text.contains { $0.isWhitespace || $0 == "\"" })
    }
  }
}
