import HostileStrings
import KilnDeploy
import Testing

struct DeployedFleetPageTests {
  @Test func aRowSaysWhatRuns() {
    let html = sampleFleet.html
    #expect(
      html.contains(
        """
        <tr class="row">
        <td data-label="Customer"><button class="open" aria-expanded="true" aria-controls="d1">acme</button></td>
        <td data-label="Stage">production</td>
        <td class="code long" data-label="Version">1.4.2</td>
        <td class="number" data-label="Release" data-sort="12">12</td>
        <td class="code" data-label="Commit">4f9d2c81aa</td>
        <td class="number" data-label="Age" data-sort="525600">6 d 2 h</td>
        <td class="long" data-label="Deployed by">ci@runner-7</td>
        <td class="long bad" data-label="State">care /health: status 500 in place of 200</td>
        <td data-label="Behind" data-sort="2">1 commit, 1 setting</td>
        </tr>
        """))
  }

  @Test func detailsSayWhatIsInIt() {
    let html = sampleFleet.html
    for part in [
      "<td>mariadb</td><td class=\"code\">registry.example:5000/mariadb:11.4</td><td class=\"code\">sha256:0123",
      "<li class=\"plus\">+ apps.care.env.POOL = 16</li>", "<li>77aa31c0de Cleo Park: Export as CSV</li>",
      "<h3>Commits since release 11</h3>", "<h3>Not deployed yet: commits</h3>",
      "<p class=\"warning\">release 13 failed and was rolled back: care: readiness probe failed with status 500</p>",
      "<dt>Author</dt><dd>Ann Lee &lt;ann@firm.example&gt;</dd>",
      "<td class=\"long\">from qa 8; dana: customer asked for the export</td>",
    ] { #expect(html.contains(part), "\(part)") }
  }

  @Test func nothingIsOutsideOfIt() {
    let html = sampleFleet.html
    for part in ["src=", "href=", "http://", "https://", "@import", "url("] { #expect(!html.contains(part), "\(part)") }
    #expect(html.contains("default-src 'none'"))
  }

  @Test(
    arguments: hostileStrings.filter { !$0.isEmpty } + [
      "<script>alert(1)</script>", "</script><img src=x onerror=alert(1)>", "\" onclick=\"x", "\u{202E}evil",
    ])
  func foreignTextIsNoMarkup(text: String) {
    // What stands between two signs of markup that are ours is the same whatever the text is.
    func shape(_ html: String) -> [String] {
      html.unicodeScalars.split(separator: "<").map { String($0.prefix { $0 != ">" }) }
        .filter { !$0.hasPrefix("li") }
    }
    #expect(shape(hostileFleet(text).html) == shape(hostileFleet("x").html))
    #expect(!hostileFleet(text).html.unicodeScalars.contains("\u{202E}"))
  }
}
