import KilnDiagnostics
import KilnPlan
import KilnSpec
import KilnTesting
import Testing

/// HTTPS of a machine's web server: what `kiln check` finds, and what stays as it is.
struct HTTPSTests {
  private static let files = "https: {certificate: /etc/tls/c.pem, key: /etc/tls/c.key}"

  private func sample(
    _ components: String, domains: String = "[shop.acme.example]", rest: String = "machine: {}"
  ) -> SampleWorkspace {
    SampleWorkspace(
      """
      runtime: {base: debian-12, components: {\(components)}}
      app: {source: ../app, port: 80, domains: \(domains)}
      \(rest)

      """)
  }

  @Test(arguments: [
    "nginx: {}, \(files)", "apache: {}, \(files)", "php: {}, \(files)", "nginx: {}, https: {acme: ops@acme.example}",
    "nginx: {}, https: {acme: ops@acme.example, acmeServer: \"https://ca.acme.example/dir\", hsts: 0}",
    // Azure's extension for key vaults writes one file.
    "nginx: {}, https: {certificate: /var/lib/kv/care, key: /var/lib/kv/care}",
  ]) func takes(_ components: String) { #expect(sample(components).problems == []) }

  @Test(arguments: [
    ("nginx: {}, https: {}", ["https needs the parameter \"certificate\"", "https needs the parameter \"key\""]),
    ("nginx: {}, https: {certificate: /c.pem}", ["https needs the parameter \"key\""]),
    (
      "nginx: {}, https: {certificate: /c.pem, key: /c.key, acme: ops@acme.example}",
      [
        "https takes \"certificate\" or \"acme\", not both", "https takes \"key\" or \"acme\", not both",
      ]
    ),
    (
      "nginx: {}, https: {certificate: /c.pem, key: /c.key, acmeServer: \"https://ca.example\"}",
      ["\"acmeServer\" of https does nothing without \"acme\""]
    ),
    ("nginx: {}, https: {acme: nobody}", ["acme cannot be \"nobody\""]),
    ("nginx: {}, https: {certificate: c.pem, key: /c.key}", ["certificate cannot be \"c.pem\""]),
    ("nodejs: {}, \(files)", ["https works with apache or nginx, and there is none"]),
  ]) func refuses(_ components: String, _ messages: [String]) {
    #expect(sample(components).problems.map(\.message) == messages)
  }

  /// Names are needed by a machine's app; containers on the same runtime have nothing to do with it.
  @Test func onlyAMachineNeedsDomains() {
    #expect(sample("nginx: {}, \(Self.files)", domains: "[]").problems.map(\.id) == ["spec.no-domains"])
    #expect(sample("nginx: {}, \(Self.files)", domains: "[]", rest: "").problems == [])
    let several = """
      runtime: {base: debian-12, components: {nginx: {}, \(Self.files)}}
      apps:
        care: {source: ../care, port: 80, domains: [care.acme.example]}
        portal: {source: ../portal, port: 80}
      machine: {app: care}

      """
    #expect(SampleWorkspace(several).problems == [])
    let other = several.replacing("app: care", with: "app: portal")
    #expect(SampleWorkspace(other).problems.map(\.message) == ["https serves domains, and apps.portal has none"])
  }

  /// Customers of other domains, with HTTPS or without it, share the container's runtime.
  @Test func containersAreTheSameWithItAndWithoutIt() throws {
    let digests = try [
      sample("nginx: {}"), sample("nginx: {}, \(Self.files)"),
      sample("nginx: {}, https: {acme: ops@acme.example}", domains: "[other.example]"),
    ].map { try #require($0.plans.first).runtime.digest }
    #expect(Set(digests).count == 1)
  }

  @Test(arguments: ["conflicts: [other]", "needs: [other]"])
  func aDefinitionNamesItsOwnParameters(_ key: String) {
    let component = "summary: X\nparameters: {one: {type: string, \(key)}}\nsteps: [{directory: {path: /srv}}]\n"
    let problems = SampleWorkspace("runtime: {base: debian-12}\n", components: ["x": component]).problems
    #expect(problems.map(\.message) == ["there is no parameter \"other\""])
  }
}
