import Foundation
import KilnSpec
import KilnWorkspace
import Testing

@testable import KilnCommands

/// Pages that are made from the code stay as the code makes them.
struct DocumentationTests {
  private static let docs = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs")
    .standardized

  private func check(_ name: String, _ text: String) throws {
    let url = Self.docs.appending(path: name)
    let current = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
    if ProcessInfo.processInfo.environment["GOLDEN"] == "record", current != text {
      try text.write(to: url, atomically: true, encoding: .utf8)
    }
    #expect(current == text, "GOLDEN=record rewrites docs/\(name)")
  }

  @Test func specPageHasEveryKey() throws { try check("spec.md", SpecReference().markdown) }

  @Test func catalogPageHasEveryEntry() throws {
    try check("catalog.md", CatalogDocument(definitions: WorkspaceReader().catalogDefinitions()).markdown)
  }
}
