import Foundation
import KilnDeploy
import KilnTesting
import KilnWorkspace
import Testing

@testable import KilnMachines

/// Images that nobody needs: what is another customer's, or may come back, stays.
@Suite(.serialized) struct MachineImagesTests {
  private static let spec = [
    "environments/acme.yaml": """
    version: 1
    customer: acme
    runtime: {base: debian-12, components: {nginx: {}}}
    app: {source: ../src, port: 80}
    machine:
      azure:
        location: westeurope
        capture: {vhd: {resourceGroup: images-rg, storageAccount: acmeimages, container: images}}
        scaleSet: {name: acme-vmss}
    deploy: {azure: {admin: {sshKey: "ssh-ed25519 AAAA"}}}
    """
  ]

  private static func uri(_ name: String) -> String { "https://acmeimages.blob.core.windows.net/images/\(name)" }

  @Test func onlyOldOnesOfTheCustomersOwnGo() async throws {
    try await withFolder { parent in
      let azure = try FakeAzure(in: parent, Self.spec)
      let recorded = azure.context()
      let loaded = try azure.loaded(recorded)
      let target = try MachineTarget(loaded, loaded.plan(of: "acme"), stage: nil, recorded.context)
      try await target.withAzure { az, folder in
        var record = ReleaseRecord(
          number: 1, customer: "acme", stage: nil, cluster: "azure", namespace: "acme", outcome: .deployed,
          images: ["machine": Self.uri("acmepkros2222222222.vhd")], specDigest: "x", commit: nil, author: nil,
          deployer: "kim", begun: 1_700_000_000)
        record.ended = 1_700_000_100
        try await target.records(az, folder).write(
          .init(record: record, settings: [], deployment: "d", contents: "c", holder: "h"))
      }
      let names = [
        "acmepkros1111111111.vhd", "acmepkros2222222222.vhd", "acmepkros3333333333.vhd", "acme2pkros4444444444.vhd",
        "acme-backup.vhd", "acmepkros5555555555.vhd.bak",
      ]
      let blobs = names.map { name in
        [
          "name": name,
          "properties": [
            "creationTime": name.contains("333") ? "2100-01-01T00:00:00+00:00" : "2024-01-01T00:00:00+00:00"
          ],
        ]
          as [String: Any]
      }
      try JSONSerialization.data(withJSONObject: blobs).write(to: azure.folder.appending(path: "blobs.json"))
      let stock = try MachineImages(loaded, "acme", recorded.context)
      let images = try await stock.all()
      #expect(images.map(\.reference).sorted() == names.prefix(3).map(Self.uri))
      #expect(images.first { $0.reference.contains("222") }?.releases == ["1"])
      let removable = stock.removable(images, days: 30)
      #expect(removable.map(\.reference) == [Self.uri("acmepkros1111111111.vhd")])
      try await stock.remove(removable)
      let left = try String(contentsOf: azure.folder.appending(path: "blobs.json"), encoding: .utf8)
      #expect(!left.contains("1111111111") && left.contains("2222222222") && left.contains("acme2pkros"))
    }
  }

  /// An image of a VHD that runs is needed; the tag says whose it is.
  @Test func imagesOfDisksFollowThem() async throws {
    try await withFolder { parent in
      let azure = try FakeAzure(in: parent, Self.spec)
      let recorded = azure.context()
      let images: [[String: Any]] = ["acme", "globex"].map { customer in
        [
          "id":
            "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/acme/providers/Microsoft.Compute/images/\(customer)-x",
          "name": "\(customer)-x",
          "tags": ["kiln-customer": customer],
          "properties": ["storageProfile": ["osDisk": ["blobUri": Self.uri("gone.vhd")]]],
        ]
      }
      try JSONSerialization.data(withJSONObject: images).write(to: azure.folder.appending(path: "images.json"))
      // Images do not say when they were made; the list of resources does, in whatever case.
      let times = images.map {
        ["id": ($0["id"] as? String ?? "").uppercased(), "createdTime": "2024-01-01T00:00:00.1Z"]
      }
      try JSONSerialization.data(withJSONObject: times).write(to: azure.folder.appending(path: "created.json"))
      let stock = try MachineImages(azure.loaded(recorded), "acme", recorded.context)
      let found = stock.removable(try await stock.all(), days: 30)
      #expect(found.map(\.kind) == ["image"])
      try await stock.remove(found)
      let left = try String(contentsOf: azure.folder.appending(path: "images.json"), encoding: .utf8)
      #expect(left.contains("globex-x") && !left.contains("acme-x"))
    }
  }
}
