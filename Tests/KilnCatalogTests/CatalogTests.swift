import KilnCatalog
import Testing

struct CatalogTests {
  @Test func embedsFilesSortedByPath() {
    let paths = Catalog.embedded.files.map(\.path)
    #expect(!paths.isEmpty)
    #expect(paths == paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
  }

  @Test func embedsTextAsItIs() throws {
    let text = try #require(Catalog.embedded.file("templates/bases/debian-12.yaml")).text
    #expect(text.contains("debian:bookworm-slim"))
  }
}
