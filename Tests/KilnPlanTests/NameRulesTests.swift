import KilnDiagnostics
import KilnPlan
import KilnTesting
import Testing

/// Names that Azure, Kubernetes or Docker would refuse after a quarter of an hour.
struct NameRulesTests {
  private func problems(_ capture: String, customer: String = "acme") -> [String] {
    let spec = """
      version: 1
      customer: \(customer)
      runtime: {base: debian-12}
      machine: {azure: {location: westeurope, capture: \(capture)}}
      """
    return SampleWorkspace(["environments/acme.yaml": spec]).problems.map(\.id)
  }

  private func vhd(group: String = "g", account: String = "account", container: String = "images") -> [String] {
    problems("{vhd: {resourceGroup: \"\(group)\", storageAccount: \"\(account)\", container: \"\(container)\"}}")
  }

  private func gallery(gallery: String = "g", image: String = "web", version: String = "1.0.0") -> [String] {
    problems("{gallery: {resourceGroup: g, gallery: \"\(gallery)\", image: \"\(image)\", version: \"\(version)\"}}")
  }

  @Test(arguments: ["abc", "acmeimages2"]) func takesAsAnAccount(_ name: String) { #expect(vhd(account: name) == []) }

  @Test(arguments: ["ab", "Acme", "acme-images", "a23456789012345678901234x"])
  func refusesAsAnAccount(_ name: String) { #expect(vhd(account: name) == ["name.azure"]) }

  @Test(arguments: ["images", "a-b", "0ab"]) func takesAsAContainer(_ name: String) {
    #expect(vhd(container: name) == [])
  }

  @Test(arguments: ["im", "-images", "images-", "a--b", "Images"]) func refusesAsAContainer(_ name: String) {
    #expect(vhd(container: name) == ["name.azure"])
  }

  @Test(arguments: ["images-rg", "a.b(c)_d"]) func takesAsAGroup(_ name: String) { #expect(vhd(group: name) == []) }

  @Test(arguments: ["rg.", "-rg", "a b", "ü"]) func refusesAsAGroup(_ name: String) {
    #expect(vhd(group: name) == ["name.azure"])
  }

  @Test(arguments: ["acme_gallery", "-g", "g."]) func refusesAsAGallery(_ name: String) {
    #expect(gallery(gallery: name) == ["name.azure"])
  }

  @Test(arguments: ["1.0", "1.0.0.0", "1.0.x", "1.0.99999999999"]) func refusesAsAVersion(_ version: String) {
    #expect(gallery(version: version) == ["name.azure"])
  }

  @Test func derivedNamesAreCheckedToo() {
    #expect(
      problems(
        "{vhd: {resourceGroup: g, storageAccount: account, container: images}}", customer: "a-name-of-twenty-five-abc")
        == ["name.azure"])
    let long = "a" + String(repeating: "b", count: 39)
    let services = SampleWorkspace([
      "environments/x.yaml": "version: 1\ncustomer: \(long)\nruntime: {base: debian-12}\nservices: {\(long): {}}\n",
      "components/\(long).yaml": """
      kind: service
      summary: A cache
      port: 1
      data: /data
      user: cache
      image: example/cache
      configuration: {path: /etc/c, format: ini, known: {}}
      health: [ping]
      """,
    ])
    #expect(services.problems.map(\.id) == ["name.kubernetes"])
  }
}
