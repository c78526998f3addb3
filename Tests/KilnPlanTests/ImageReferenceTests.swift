import KilnArtifacts
import KilnPlan
import KilnTesting
import Testing

/// What an image is called, as parsed and printed in one place.
struct ImageReferenceTests {
  @Test(
    arguments: [
      ("debian", nil, "debian", nil, nil), ("debian:bookworm-slim", nil, "debian", "bookworm-slim", nil),
      ("acme/app:0123456789ab", nil, "acme/app", "0123456789ab", nil),
      ("registry.example.com/team/kiln/runtime:x", "registry.example.com", "team/kiln/runtime", "x", nil),
      ("localhost:5000/acme/app", "localhost:5000", "acme/app", nil, nil),
      ("localhost/acme/app", "localhost", "acme/app", nil, nil),
      ("host:5000/acme/app:1@sha256:abc", "host:5000", "acme/app", "1", "sha256:abc"),
      ("mysql@sha256:abc", nil, "mysql", nil, "sha256:abc"),
    ] as [(String, String?, String, String?, String?)])
  func isReadAndPrintedAsItWas(
    _ text: String, _ registry: String?, _ name: String, _ tag: String?, _ digest: String?
  ) throws {
    let reference = try #require(ImageReference(text))
    #expect(reference.repository.registry == registry && reference.repository.name == name, "\(reference)")
    #expect(reference.tag == tag && reference.digest == digest && reference.description == text, "\(reference)")
  }

  @Test(arguments: ["", "-x", "/x", "a b", "a\nb", "a:", "a@", "a/", "${X}", "ä", String(repeating: "a", count: 401)])
  func refuses(_ text: String) { #expect(ImageReference(text) == nil) }

  @Test func thePlanNamesEveryImageBelowItsRegistry() throws {
    let sample = SampleWorkspace(
      "runtime: {base: debian-12}\napp: {source: ../apps/shop}\nservices: {redis: {}}\nimages: {registry: r.io/team}\n")
    let plan = try #require(sample.plans.first, "\(sample.problems)")
    let redis = try #require(plan.services.first)
    #expect(plan.image(of: plan.runtime).description == "r.io/team/kiln/runtime:\(plan.runtime.id)")
    #expect(plan.apps.map { plan.repository(of: $0).description } == ["r.io/team/acme/app"])
    #expect(plan.image(of: redis).description == "r.io/team/acme/redis:\(redis.digest.tag)")
    #expect(plan.image(of: redis).repository.registry == "r.io")
  }
}
