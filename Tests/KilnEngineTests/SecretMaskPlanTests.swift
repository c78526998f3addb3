import KilnConsole
import KilnTesting
import Testing

@testable import KilnEngine

/// What a container prints of what it was given is not handed on.
struct SecretMaskPlanTests {
  @Test func valuesOfEveryReaderAreHidden() throws {
    let workspace = SampleWorkspace(
      """
      runtime: {base: debian-12, components: {php: {}}}
      app: {source: ../app, buildSecrets: [BUILD]}
      services: {mariadb: {from: packages, database: d, user: u, password: DB}}
      secrets: {DB: {env: ACME_DB}, BUILD: {env: ACME_BUILD}, OWN: {env: ACME_OWN}, UNSET: {env: ACME_UNSET}}
      """)
    let plan = try #require(workspace.plans.first, "\(workspace.problems)")
    let mask = SecretMask(
      of: plan,
      in: ["ACME_DB": "fourth secret", "ACME_BUILD": "builder", "ACME_OWN": "\u{1B}[1mown value", "OTHER": "said"])
    #expect(mask.relayed("denied: fourth secret, builder; said") == "denied: ***, ***; said")
    #expect(mask.relayed("\u{1B}[1mown value") == "***")
    // As Ansible, Go and a URL have them.
    let odd = SecretMask(["pa\"ss\\wo<rd", "two \"1\"\nlines\t2"])
    for text in [
      #"{"cmd": "x:pa\"ss\\wo<rd"}"#, #"{"cmd": "x:pa\"ss\\wo\u003crd"}"#, "https://x:pa%22ss%5Cwo%3Crd@h/",
      #""two \"1\"\nlines\t2""#, #"lines\t2"#,
    ] {
      let masked = odd.masked(text)
      #expect(masked.contains("***") && !masked.contains("ss") && !masked.contains("lines"), "\(masked)")
    }
  }
}
