import KilnTesting
import Testing

/// A web server runs `*.php`, or does not serve it: its source may name passwords.
struct PHPSourceTests {
  private func site(_ components: String) throws -> String {
    let sample = SampleWorkspace("runtime: {base: debian-12, components: \(components)}\n")
    #expect(sample.problems.isEmpty, "\(sample.problems)")
    let files = try sample.generated()
    return try #require(
      files.first { $0.key.hasSuffix("/kiln-app.conf") }?.value)
  }

  @Test(arguments: ["{nginx: {}}", "{nginx: {php: false}, php-fpm: {}}"])
  func nginxWithoutPHPServesNone(_ components: String) throws {
    let site = try site(components)
    #expect(site.contains("location ~ \\.php$ {\n    return 404;") && !site.contains("fastcgi_pass"))
  }

  @Test(arguments: ["{nginx: {}, php-fpm: {}}", "{nginx: {php: true}}"])
  func nginxHandsItToPHP(_ components: String) throws {
    let site = try site(components)
    #expect(site.contains("fastcgi_pass") && !site.contains("return 404"))
  }

  @Test func apacheServesItOnlyWithPHP() throws {
    #expect(
      try site("{apache: {}}").contains(
        "<IfModule !php_module>\n    <FilesMatch \"\\.php$\">\n        Require all denied")
    )
  }
}
