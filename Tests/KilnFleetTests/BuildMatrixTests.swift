import Foundation
import Testing

@testable import KilnFleet

struct BuildMatrixTests {
  private func image(_ kind: FleetChange.Kind, _ name: String, _ customer: String?) -> FleetChange.Image {
    FleetChange.Image(
      kind: kind, name: name, customer: customer, owner: customer ?? "acme", reasons: ["new"], differences: [])
  }

  private func matrix(_ images: [FleetChange.Image], limit: Int = BuildMatrix.limit) -> BuildMatrix {
    BuildMatrix(images, limit: limit) { $0.customer.map { customer in "\(customer)_\(images[0].name)" } ?? $0.name }
  }

  private func object(_ text: String) throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test func oneJobForEachImageOnOneLine() throws {
    let matrix = matrix([image(.runtime, "debian-12-1", nil), image(.app, "app", "acme")])
    let include = try #require(try object(matrix.github)["include"] as? [[String: String]])
    #expect(include.map { $0["kind"] } == ["runtime", "app"])
    #expect(matrix.github.split(separator: "\n").count == 1 && matrix.azure.split(separator: "\n").count == 1)
    #expect(try object(matrix.azure).keys.sorted() == ["acme_debian_12_1", "debian_12_1"])
  }

  /// GitHub refuses a matrix with more than 256 jobs.
  @Test(arguments: [1, 255, 256, 257, 10_000]) func noImageIsLostInManyJobs(number: Int) {
    let apps = (0..<number).map { image(.app, "app", "c\($0)") }
    let images = [image(.runtime, "r", nil)] + apps + [image(.machine, "machine", "c1")]
    let matrix = matrix(images)
    #expect(matrix.jobs.count <= 256)
    #expect(matrix.jobs.flatMap(\.targets).count == images.count)
    #expect(Set(matrix.jobs.map(\.name)).count == matrix.jobs.count)
    // Kinds are not mixed: a job's steps are of one kind.
    #expect(matrix.jobs.allSatisfy { $0.kind != .app || $0.targets.allSatisfy { $0.hasPrefix("c") } })
  }

  @Test func aPipelineWithoutWorkIsStillOne() {
    #expect(matrix([]).gitlab { _ in ["true"] }.contains("nothing is to be built"))
    #expect(matrix([]).github == "{\"include\": []}\n")
  }

  @Test func tablesShowTextAsItIs() {
    #expect(FleetChange.cell("a|b <x> `c` *d* @team") == "a&#124;b &lt;x&gt; &#96;c&#96; &#42;d&#42; &#64;team")
  }
}
