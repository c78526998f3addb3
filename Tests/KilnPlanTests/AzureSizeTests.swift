import KilnDiagnostics
import KilnTesting
import Testing

@testable import KilnPlan

/// Which generation a size runs, by its name; the samples are of Microsoft's own table.
struct AzureSizeTests {
  @Test(arguments: [
    ("Standard_A2", 1...1), ("Basic_A1", 1...1), ("Standard_A2m_v2", 1...1), ("Standard_D2_v2", 1...1),
    ("Standard_D2_v3", 1...1), ("Standard_E4_v3", 1...1), ("Standard_DS2", 1...1), ("Standard_NC6", 1...1),
    ("Standard_H16r", 1...1), ("Standard_B2ms", 1...2), ("Standard_DS2_v2", 1...2), ("Standard_DS11-1_v2", 1...2),
    ("Standard_D2s_v3", 1...2), ("Standard_D4_v4", 1...2), ("Standard_D2s_v5", 1...2), ("Standard_F2s_v2", 1...2),
    ("Standard_GS1", 1...2), ("Standard_NC24ads_A100_v4", 1...2), ("Standard_M64s", 1...2),
    ("Standard_M208ms_v2", 2...2), ("Standard_DC2s_v3", 2...2), ("Standard_D2s_v6", 2...2),
  ]) func runs(_ size: String, _ generations: ClosedRange<Int>) {
    #expect(AzureSize(size).generations == generations)
    let spec =
      "runtime: {base: debian-12}\nmachine: {azure: {location: westeurope, size: \(size), capture: {managedImage: {resourceGroup: g, name: n}}}}\n"
    #expect(SampleWorkspace(spec).problems.map(\.id) == (generations.contains(2) ? [] : ["spec.azure-size"]))
  }

  @Test(arguments: ["Standard_XYZ", "DS2_v2", "standard_ds2", "Standard_", "Standard_D2s v5"])
  func isNoSize(_ size: String) {
    let spec =
      "runtime: {base: debian-12}\nmachine: {azure: {location: westeurope, size: \"\(size)\", capture: {managedImage: {resourceGroup: g, name: n}}}}\n"
    #expect(SampleWorkspace(spec).problems.map(\.id) == ["spec.invalid-value"])
  }

  @Test func generationOneHasAnImageOfItsOwn() throws {
    let spec = """
      runtime: {base: ubuntu-24.04}
      machine:
        azure:
          location: westeurope
          size: Standard_A2_v2
          generation: 1
          capture: {vhd: {resourceGroup: g, storageAccount: account, container: images}}
      """
    let files = try SampleWorkspace(spec).generated()
    #expect(try #require(files["acme/packer/acme.json"]).contains(#""image_sku": "server-gen1""#))
    #expect(try #require(files["acme/packer/plugins.pkr.hcl"]).contains(#"version = ">= 2.5.0""#))
  }
}
