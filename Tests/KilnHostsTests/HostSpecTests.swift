import KilnDiagnostics
import KilnTesting
import Testing

/// What is wrong in `hosts/*.yaml`, with its place.
struct HostSpecTests {
  private static let environment = """
    version: 1
    customer: acme
    runtime: {base: debian-12, components: {apache: {}}}
    app: {source: ../app, port: 80}
    stages: {qa: {}}
    """

  private static func problems(_ hosts: String, profile: String? = nil) -> [String] {
    var files = ["environments/acme.yaml": environment, "hosts/one.yaml": hosts]
    files["hosts/profiles/hardened.yaml"] = profile
    return SampleWorkspace(files).problems.map {
      "\($0.id) \($0.location?.position?.line ?? 0):\($0.location?.position?.column ?? 0): \($0.message)"
    }
  }

  private static let good = """
    version: 1
    group: one
    base: debian-12
    firewall: {ssh: [10.0.0.0/8]}
    hosts: {north: {address: 203.0.113.10}}

    """

  @Test func theSmallestIsGood() { #expect(Self.problems(Self.good) == []) }

  @Test(arguments: [
    ("stacks: {acme: {environment: acne}}", "hosts.unknown-name 6:30: there is no environment \"acne\""),
    ("stacks: {acme: {environment: acme, stage: prod}}", "hosts.unknown-name 6:43: there is no stage of acme \"prod\""),
    (
      "stacks: {own: {git: {url: \"https://git.example.com/x\", commit: abc}}}",
      "spec.invalid-value 6:64: commit cannot be \"abc\""
    ),
    (
      "https: {certificate: {local: {}}, sites: {a.example: {routes: [{path: /, stack: acme}]}}}",
      "hosts.unknown-name 6:81: there is no stack on north \"acme\""
    ),
    (
      "https: {certificate: {local: {}}, sites: {a.example: {routes: [{path: /m, metrics: {}}]}}}",
      "hosts.route 6:71: the host has no metrics"
    ),
    (
      "https: {certificate: {local: {}}, users: {anna: {env: A}}, sites: {a.example: {routes: [{port: 80}]}}}",
      "hosts.unused-user 6:43: no route of the host asks for anna"
    ),
    (
      "https: {certificate: {local: {}}, sites: {a.example: {routes: [{port: 80, users: [bob]}]}}}",
      "hosts.unknown-name 6:83: there is no user of https.users \"bob\""
    ),
    ("users: {root: {keys: [ssh-ed25519 AAAA]}}", "hosts.root 6:9: root is no user of `users`"),
    ("users: {anna: {keys: [AAAA]}}", "spec.invalid-value 6:23: keys[0] cannot be \"AAAA\""),
    ("components: {apach: {}}", "spec.unknown-component 6:14: there is no component \"apach\""),
    ("colour: red", "spec.unknown-key 6:1: unknown key \"colour\" in the group of hosts"),
    ("profile: hardened", "hosts.unknown-profile 6:10: there is no profile of hosts \"hardened\""),
  ])
  func isRefused(_ line: String, _ problem: String) { #expect(Self.problems(Self.good + line) == [problem]) }

  @Test(arguments: ["10.0.0.0/33", "10.0.0.256", "1::2::3", "10.0.0"])
  func isNoNetwork(_ network: String) {
    let text = Self.good.replacing("[10.0.0.0/8]", with: "[\"\(network)\"]")
    #expect(Self.problems(text).count == 1)
  }

  @Test(arguments: ["2001:db8::/32", "::1", "192.0.2.7", "0.0.0.0/0"])
  func isANetwork(_ network: String) {
    let text = Self.good.replacing("[10.0.0.0/8]", with: "[\"\(network)\"]")
    #expect(Self.problems(text) == [])
  }

  @Test func whatAGroupHasWrongIsSaidOnce() {
    let text = Self.good.replacing("203.0.113.10}}", with: "203.0.113.10}, south: {address: 203.0.113.11}}")
    #expect(
      Self.problems(text + "users: {root: {keys: [ssh-ed25519 AAAA]}}")
        == ["hosts.root 6:9: root is no user of `users`"])
  }

  @Test func oneAddressIsOneHost() {
    let text = Self.good.replacing("203.0.113.10}}", with: "203.0.113.10}, south: {address: 203.0.113.10}}")
    #expect(Self.problems(text) == ["hosts.duplicate 5:58: south has the address of another host"])
  }

  @Test func aProfileIsMergedBeneath() {
    let text = Self.good.replacing("firewall: {ssh: [10.0.0.0/8]}\n", with: "profile: hardened\n")
    #expect(Self.problems(text, profile: "firewall: {ssh: [10.0.0.0/8]}") == [])
    #expect(Self.problems(text, profile: "system: {upgrades: false}").first?.hasPrefix("spec.missing-key") == true)
  }
}
