import Foundation
import KilnTesting
import Testing

@testable import KilnMachines

/// Images by their names: what `--image` takes, and how two are told apart.
@Suite(.serialized) struct NamedImageTests {
  @Test(
    arguments: [
      image("one") + "/../x", image("one") + " ", image("one") + "')]", image("$(id)"), image("one") + "?sig=CANARY",
      "/subscriptions/x", "nonsense", "https://acmeimages.blob.core.windows.net/images/a.vhd?sv=1&sig=CANARY",
      "https://acmeimages.blob.core.windows.net:443/images/a.vhd",
      "https://acmeimages.blob.core.windows.net/images//a.vhd",
      "https://acmeimages.blob.core.windows.net/images/./a.vhd",
      "https://acmeimages.blob.core.windows.net/x/../images/a.vhd",
      "https://acmeimages-secondary.blob.core.windows.net/images/a.vhd",
      "https://ACMEIMAGES.blob.core.windows.net/images/a.vhd",
    ])
  func whatNamesNoImageIsRefused(_ text: String) {
    let error = #expect(throws: (any Error).self) { try NamedImage(text) }
    #expect(!"\(error.map { "\($0)" } ?? "")".contains("CANARY"))
  }

  /// Azure takes a tag's name in either case.
  @Test(arguments: ["kiln-customer", "Kiln-Customer"]) func anotherCustomersImageIsRefused(_ tag: String) async throws {
    try await azure { azure in
      let images = [["id": image("globex-web-1"), "name": "globex-web-1", "tags": [tag: "globex"]]]
      try JSONSerialization.data(withJSONObject: images).write(to: azure.folder.appending(path: "images.json"))
      let recorded = azure.context()
      let another = await failure {
        try await azure.deployment(recorded, stage: "qa", image: image("globex-web-1")).deploy("acme")
      }
      #expect(another.message.hasSuffix("was baked for globex, not for acme"), "\(another)")
      let missing = await failure {
        try await azure.deployment(recorded, stage: "qa", image: image("acme-web-1")).deploy("acme")
      }
      #expect(missing.id == "deploy.image" && missing.message.hasPrefix("there is no image "), "\(missing)")
    }
  }

  @Test func idsDifferAtTheirEnds() {
    let (before, after) = WhatIf.difference(image("acme-web-1"), image("acme-web-2"))
    #expect(before == "…/acme-web-1" && after == "…/acme-web-2")
    #expect(WhatIf.difference("2", "3") == ("2", "3"))
  }
}
