import KilnTesting
import Testing

@testable import KilnFleet

struct FleetDrawingTests {
  private func width(_ customers: [String]) throws -> Int {
    var files: [String: String] = [:]
    for name in customers {
      files["environments/\(name).yaml"] =
        "version: 1\ncustomer: \(name)\nruntime: {base: debian-12, components: {apache: {}}}\napp: {source: ../app}\n"
    }
    let svg = FleetGraph(SampleWorkspace(files).plans).svg
    #expect(customers.allSatisfy { svg.contains("data-name=\"\($0)\"") })
    let text = try #require(svg.split(separator: "width=\"", maxSplits: 1).last?.prefix { $0 != "\"" })
    return try #require(Int(text))
  }

  /// A screen of 1280 pixels shows it whole, beside the margins of a page.
  @Test func fitsAScreen() throws {
    #expect(try width(["acme", "globex", "initech"]) <= 980)
    #expect(try width((0..<60).map { "customer-\($0)" }) <= 1232)
    #expect(try width([String(repeating: "a", count: 40), "bb"]) <= 1232)
  }
}
