import Foundation
import Testing

/// What somebody gets who tries what the documents show.
@Suite(.enabled(if: EndToEnd.isRequested, EndToEnd.skipped), .serialized)
struct FirstPageTests {
  private static let readme = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "README.md")

  /// A new workspace, which is the customer's on this engine for as long as `body` runs.
  private func workspace(_ customer: String, _ body: (URL) throws -> Void) throws {
    let folder = try TemporaryFolder()
    try sh("kiln init shop", in: folder.url)
    let root = folder.url.appending(path: "shop")
    defer {
      _ = try? sh("kiln down \(customer) --volumes --yes", in: root, expecting: nil)
      folder.remove()
    }
    try body(root)
  }

  @Test func theFirstWorkspaceShowsAPage() throws {
    try workspace("hello") { root in
      let page = try UpWorkspace.up("hello", "--project kilnfirst", in: root)
      #expect(try UpWorkspace.page(page) == "Hello from hello on PHP 8.2\n")
      #expect(try sh("kiln status hello", in: root).output.contains("mariadb: running, healthy"))
    }
  }

  @Test func theExampleOfTheReadmeComesUp() throws {
    let text = try String(contentsOf: Self.readme, encoding: .utf8)
    let example = try #require(text.split(separator: "```yaml\n# environments/acme.yaml\n").dropFirst().first)
    let spec = try #require(example.split(separator: "```").first)
    try workspace("acme") { root in
      try spec.write(to: root.appending(path: "environments/acme.yaml"), atomically: true, encoding: .utf8)
      try sh(
        """
        mkdir -p apps/customer-care customers/acme
        echo '{}' > apps/customer-care/composer.json
        echo '<?php echo "ok";' > apps/customer-care/health.php
        cat > customers/acme/index.php <<'END'
        <?php
        $password = file_get_contents("/run/secrets/DB_PASSWORD");
        $db = new PDO("mysql:host=" . getenv("DB_HOST") . ";dbname=shop", "shop", $password);
        echo $db->query("SELECT CURRENT_USER()")->fetchColumn(), "\\n";
        END
        """, in: root)
      let page = try UpWorkspace.up("acme", "--project kilnreadme", in: root)
      #expect(try UpWorkspace.page(page) == "shop@%\n")
    }
  }
}
