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

  // MARK: What needs them

  private static func record(
    _ number: Int, _ image: String, stage: String? = nil, _ outcome: ReleaseRecord.Outcome = .deployed
  ) -> MachineRelease {
    var record = ReleaseRecord(
      number: number, customer: "acme", stage: stage, cluster: "azure", namespace: "acme", outcome: outcome,
      images: ["machine": image], specDigest: "x", commit: nil, author: nil, deployer: "kim", begun: 1_700_000_000)
    record.ended = 1_700_000_100
    return .init(record: record, settings: [], deployment: "d", contents: "c", holder: "h\(number)")
  }

  /// Runs `body` with old VHDs called `acmepkros` and a digit ten times.
  private func withDisks(
    _ digits: [Int],
    _ body: (FakeAzure, MachineImages, _ write: (MachineRelease) async throws -> Void) async throws -> Void
  ) async throws {
    try await withFolder { parent in
      let azure = try FakeAzure(in: parent, Self.spec)
      let recorded = azure.context()
      let loaded = try azure.loaded(recorded)
      let blobs = digits.map { digit in
        ["name": Self.disk(digit), "properties": ["creationTime": "2024-01-01T00:00:00+00:00"]] as [String: Any]
      }
      try JSONSerialization.data(withJSONObject: blobs).write(to: azure.folder.appending(path: "blobs.json"))
      let target = try MachineTarget(loaded, loaded.plan(of: "acme"), stage: nil, recorded.context)
      try await body(azure, try MachineImages(loaded, "acme", recorded.context)) { release in
        try await target.withAzure { az, folder in try await target.records(az, folder).write(release) }
      }
    }
  }

  private static func disk(_ digit: Int) -> String { "acmepkros\(String(repeating: "\(digit)", count: 10)).vhd" }

  @Test func anotherWayToWriteAnAddressIsTheSame() async throws {
    try await withDisks([1, 2, 3]) { _, stock, write in
      try await write(Self.record(1, "https://ACMEimages.blob.core.windows.net:443/images/./\(Self.disk(1))"))
      try await write(
        Self.record(
          2,
          "https://acmeimages-secondary.blob.core.windows.net//images/\(Self.disk(2).replacing("acme", with: "%61cme"))?sig=x"
        ))
      #expect(stock.removable(try await stock.all(), days: 30).map(\.reference) == [Self.uri(Self.disk(3))])
    }
  }

  @Test func aReleaseThatBeginsMeanwhileKeepsItsImage() async throws {
    try await withDisks([1, 2]) { azure, stock, write in
      let removable = stock.removable(try await stock.all(), days: 30)
      #expect(removable.count == 2)
      try await write(Self.record(1, Self.uri(Self.disk(1)), .deploying))
      try await stock.remove(removable)
      let left = try azure.kept(in: "blobs.json")
      #expect(left.contains(Self.disk(1)) && !left.contains(Self.disk(2)))
    }
  }

  @Test func failedReleasesLeaveTheGoodOneThatARollbackTakes() async throws {
    try await withDisks([1, 2]) { _, stock, write in
      try await write(Self.record(1, Self.uri(Self.disk(1))))
      for number in 2...13 { try await write(Self.record(number, Self.uri("gone.vhd"), .rolledBack)) }
      try await write(Self.record(14, Self.uri(Self.disk(2))))
      #expect(stock.removable(try await stock.all(), days: 30).isEmpty)
    }
  }

  @Test func stagesThatAreNoLongerInTheSpecNeedTheirs() async throws {
    try await withDisks([1, 2, 3, 4]) { azure, stock, write in
      try await write(Self.record(1, Self.uri(Self.disk(1)), stage: "old"))
      // In a resource group that no stage has any more.
      let images = [(2, "moved-rg"), (4, "acme")].map { digit, group in
        [
          "id":
            "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/\(group)/providers/Microsoft.Compute/images/i\(digit)",
          "properties": ["storageProfile": ["osDisk": ["blobUri": Self.uri(Self.disk(digit))]]],
        ] as [String: Any]
      }
      try JSONSerialization.data(withJSONObject: images).write(to: azure.folder.appending(path: "images.json"))
      let found = stock.removable(try await stock.all(), days: 30).map(\.reference)
      #expect(Set(found) == [Self.uri(Self.disk(3)), Self.uri(Self.disk(4))])
    }
  }

  @Test func aReleaseOfAnImageThatIsGoneDoesNotBegin() async throws {
    try await azure(Self.spec) { azure in
      let recorded = azure.context()
      _ = try await azure.deployment(recorded, image: Self.uri(Self.disk(1))).deploy("acme")
      _ = try await azure.deployment(recorded, image: Self.uri(Self.disk(2))).deploy("acme")
      try azure.say("blobs.json", #"[{"name": "\#(Self.disk(2))"}]"#)
      let before = azure.calls.count
      let failures = [
        await failure { try await azure.deployment(recorded).rollback("acme", to: nil) },
        await failure { try await azure.deployment(recorded, image: Self.uri(Self.disk(1))).deploy("acme") },
      ]
      for gone in failures {
        #expect(gone.id == "deploy.image" && gone.message.hasPrefix("there is no image "), "\(gone)")
      }
      #expect(azure.calls.dropFirst(before).allSatisfy { !$0.contains("deployment group create") })
    }
  }

  // MARK: Versions in a gallery

  private static let gallery =
    "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/images-rg/providers/Microsoft.Compute/galleries/acmegallery/images/web"

  /// - Parameter storage: Of somebody else's machine.
  /// - Returns: The versions that may go, of 1.0.0 and 1.1.0.
  private func removableVersions(_ list: String, _ storage: String) async throws -> [String] {
    var found: [String] = []
    var spec = Self.spec
    spec["environments/acme.yaml"]?.replace(
      /capture: .*/,
      with: "capture: {gallery: {resourceGroup: images-rg, gallery: acmegallery, image: web, version: 1.2.0}}")
    try await withFolder { parent in
      let azure = try FakeAzure(in: parent, spec)
      let recorded = azure.context()
      let versions: [[String: Any]] = ["1.0.0", "1.1.0"].map {
        [
          "id": "\(Self.gallery)/versions/\($0)", "tags": ["kiln-customer": "acme"],
          "properties": ["publishingProfile": ["publishedDate": "2024-01-01T00:00:00Z"]],
        ]
      }
      try JSONSerialization.data(withJSONObject: versions).write(to: azure.folder.appending(path: "versions.json"))
      let machine = #"{"name": "theirs", "properties": {"storageProfile": \#(storage)}}"#
      try azure.answer("\(list)?api", output: #"{"value": [\#(machine)]}"#, code: 0, times: 1)
      let stock = try MachineImages(azure.loaded(recorded), "acme", recorded.context)
      found = stock.removable(try await stock.all(), days: 30).map { String($0.reference.suffix(5)) }
    }
    return found.sorted()
  }

  @Test(arguments: [
    (#"{"imageReference": {"publisher": "debian", "offer": "debian-12"}}"#, ["1.0.0", "1.1.0"]),
    (#"{"imageReference": {"id": "\#(gallery)/versions/1.0.0"}}"#, ["1.1.0"]),
    (#"{"imageReference": {"id": "\#(gallery)", "exactVersion": "1.0.0"}}"#, []),
    (
      #"{"imageReference": {"sharedGalleryImageId": "/SharedGalleries/1111-ACMEGALLERY/Images/web/Versions/1.0.0"}}"#,
      ["1.1.0"]
    ),
    (#"{"imageReference": {"communityGalleryImageId": "/CommunityGalleries/acme-1/Images/Web/Versions/latest"}}"#, []),
    (#"{"imageReference": {"id": "\#(gallery)2"}}"#, ["1.0.0", "1.1.0"]),
  ])
  func whatAMachineNamesStays(_ storage: String, _ removable: [String]) async throws {
    #expect(try await removableVersions("providers/Microsoft.Compute/virtualMachines", storage) == removable)
  }

  @Test func machinesBehindTheirModelNeedTheirs() async throws {
    try await withDisks([1]) { azure, stock, _ in
      try FileManager.default.createDirectory(
        at: azure.folder.appending(path: "sets"), withIntermediateDirectories: true)
      try azure.answer(
        "theirs/virtualMachines?",
        output:
          #"{"value": [{"name": "theirs_0", "properties": {"storageProfile": {"osDisk": {"vhd": {"uri": "\#(Self.uri(Self.disk(1)))"}}}}}]}"#,
        code: 0, times: 1)
      try azure.say(
        "sets/other.json",
        #"{"theirs": {"image": "", "machines": [], "capacity": 0, "mode": "Manual", "model": ""}}"#)
      #expect(try await stock.all().map(\.releases) == [["runs in theirs_0"]])
    }
  }

  /// They are in the list of machines. Without a name nobody could ask the set for them.
  @Test func aFlexibleSetIsNotAskedForItsMachines() async throws {
    try await withDisks([1]) { azure, stock, _ in
      let set = #"{"name": "theirs", "properties": {"orchestrationMode": "Flexible"}}"#
      try azure.answer("virtualMachineScaleSets?api", output: #"{"value": [\#(set)]}"#, code: 0, times: 1)
      #expect(try await stock.all().map(\.releases) == [[]])
    }
  }
}
