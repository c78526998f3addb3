import Foundation
import KilnPlan
import KilnSpec
import KilnTesting
import Testing

/// Each file in `Fixtures` is a workspace and the documents that come of it. `GOLDEN=record make test FILTER=LoweringTests`
/// rewrites them and fails; read the diff.
struct LoweringTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
  static let all = Golden.all(in: folder)

  @Test(arguments: all) func gives(_ golden: Golden) throws {
    let difference = try golden.difference()
    #expect(
      difference == nil, "\(golden): what is generated (+) differs from what is expected (-)\n\(difference ?? "")")
  }

  @Test func everythingInTheCatalogIsUsedInSomeFixture() {
    let workspaces = Self.all.map(\.workspace)
    let plans = workspaces.flatMap(\.plans)
    let known = SampleWorkspace([:]).definitions
    #expect(Set(known.bases.keys).subtracting(plans.map(\.base.name)) == [])
    #expect(
      Set(known.components.keys).subtracting(plans.flatMap(\.allRuntimes).flatMap(\.components).map(\.name)) == [])
    #expect(Set(known.services.keys).subtracting(plans.flatMap(\.services).map(\.name)) == [])
    let fromPackages = known.services.values.filter { $0.packages != nil }.map(\.name)
    #expect(Set(fromPackages).subtracting(plans.flatMap { $0.machine?.services ?? [] }.map(\.name)) == [])
  }
}
