import Foundation
import KilnDiagnostics
import KilnPacker
import KilnPlan
import KilnSpec
import KilnTesting
import SystemPackage
import Testing

@testable import KilnRelease

/// What a bake does with the parameters that its spec names.
struct MachineParametersTests {
  private let workspace = SampleWorkspace(
    """
    runtime: {base: debian-12}
    machine:
      azure: {location: westeurope, capture: {vhd: {resourceGroup: rg, storageAccount: account, container: images}}}
      parameters:
        files: [../p.json]
        set: {imageUri: vhd, tag: docker-image}
        tokens: {"@@IMAGE@@": vhd}
    """)

  private func machine() throws -> EnvironmentSpec.Machine {
    try #require(workspace.plans.first?.spec.machine, "\(workspace.problems)")
  }

  private func report(_ artifact: String) -> PackerReport {
    var reader = PackerLogReader()
    let log = "==> Builds finished. The artifacts of successful builds are:\n--> docker: \(artifact)\n"
    Array(log.utf8).withUnsafeBytes { reader.read($0) }
    return reader.finish()
  }

  @Test func whatTheChosenBuildersCannotGiveStaysAsItIs() throws {
    let machine = try machine()
    try withFolder { root in
      try write(
        [
          "p.json":
            #"{"parameters": {"imageUri": {"value": "old"}, "tag": {"value": "old"}, "n": {"value": "@@IMAGE@@"}}}"#
        ], in: root)
      let recorded = RecordedContext(root)
      let parameters = try #require(
        MachineParameters(of: machine, by: [.docker], root: FilePath(root.path), context: recorded.context))
      #expect(
        parameters.skipped == [
          "imageUri stays as it is: only azure-arm makes vhd, and it does not run",
          "@@IMAGE@@ stays as it is: only azure-arm makes vhd, and it does not run",
        ])
      #expect(try !parameters.check().problems.hasErrors)
      try parameters.patch(report("Imported Docker image: sha256:01"))
      #expect(
        try String(contentsOf: root.appending(path: "p.json"), encoding: .utf8)
          == #"{"parameters": {"imageUri": {"value": "old"}, "tag": {"value": "sha256:01"}, "n": {"value": "@@IMAGE@@"}}}"#
      )
    }
  }

  @Test func whatWouldFailAfterTheBakeIsFoundBefore() throws {
    let machine = try machine()
    try withFolder { root in
      try write(["p.json": #"{"parameters": {"imageURI": {"value": "old"}}}"#], in: root)
      let recorded = RecordedContext(root)
      func problems(_ builders: [MachineBuilder]) throws -> [String] {
        let parameters = try #require(
          MachineParameters(of: machine, by: builders, root: FilePath(root.path), context: recorded.context))
        return try parameters.check().problems.filter { $0.severity == .error }.map(\.message)
      }
      #expect(
        try problems([.azure]) == ["the token \"@@IMAGE@@\" was not found in any string"])
      #expect(try problems([.docker]) == ["there is no parameter \"tag\""])
      #expect(try String(contentsOf: root.appending(path: "p.json"), encoding: .utf8).contains("old"))
      #expect(recorded.error == "")
    }
  }

  @Test func aMachineInAzureNeedsNoDocker() throws {
    #expect(try machine().usualBuilders == [.azure])
    let local = SampleWorkspace("runtime: {base: debian-12}\nmachine: {}\n")
    #expect(local.plans.first?.spec.machine?.usualBuilders == [.docker])
  }
}
