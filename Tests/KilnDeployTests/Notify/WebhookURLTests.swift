import HostileStrings
import Testing

@testable import KilnDeploy

struct WebhookURLTests {
  @Test(arguments: [
    "https://hooks.slack.com/services/T0/B0/x", "HTTPS://example.org", "https://user:pass@example.org:8443/x?y=z#",
    "http://localhost:8080/hook", "http://127.0.0.1/x", "http://127.1.2.3:80", "http://[::1]:9/x",
  ])
  func isTaken(text: String) throws { #expect(try WebhookURL(text).text == text) }

  @Test(arguments: [
    "http://example.org/x", "http://127.0.0.1@example.org/x", "http://localhost:80@example.org/",
    "http://127.0.0.1.example.org/", "http://localhost.example.org/", "http://1270.0.0.1/", "http://127.0.0/x",
    "http://example.org#@localhost/", "http://example.org?@127.0.0.1", "ftp://localhost/x", "file:///etc/passwd",
    "http://[::1]@example.org/",
  ])
  func isNotEncrypted(text: String) {
    #expect(throws: (any Error).self) { try WebhookURL(text) }
  }

  @Test(
    arguments: hostileStrings + [
      "https://", "https:///x", "https://:80/", "https://a b", "https://a\\@b/", "https://ä.de",
    ])
  func isNoAddress(text: String) {
    #expect(throws: WebhookURL.Problem.notURL) { try WebhookURL(text) }
  }

  @Test func isNotShown() throws {
    let url = try WebhookURL("https://hooks.example/canary")
    var dumped = ""
    dump(url, to: &dumped)
    #expect(!"\(url) \(String(reflecting: url)) \([url]) \(dumped)".contains("canary"))
  }
}
