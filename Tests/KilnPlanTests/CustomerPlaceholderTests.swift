import KilnDiagnostics
import KilnPlan
import KilnTesting
import SystemPackage
import Testing

@testable import KilnSpec

struct CustomerPlaceholderTests {
  @Test(arguments: [
    ("{{customer}}", "my-shop"), ("{{ customer }}", "my-shop"), ("{{CUSTOMER}}_PASSWORD", "MY_SHOP_PASSWORD"),
    ("a {{customer}} b {{customer}}", "a my-shop b my-shop"),
    // Everything else is the value's own.
    ("{{ name }}", "{{ name }}"), ("{{customers}}", "{{customers}}"), ("{customer}", "{customer}"),
    ("{{customer", "{{customer"), ("{{{{customer}}}}", "{{{{customer}}}}"),
    ("${customer} %(customer)s", "${customer} %(customer)s"),
    ("{{ a }} {{customer}} {{b}}", "{{ a }} my-shop {{b}}"),
  ]) func gives(_ text: String, _ filled: String) {
    #expect(CustomerPlaceholder.fill(text, with: "my-shop") == filled)
    #expect(CustomerPlaceholder.isIn(text) == (text != filled))
  }

  private func workspace(_ profile: String, _ environment: String = "", customer: String = "my-shop") -> SampleWorkspace
  {
    SampleWorkspace([
      "profiles/site.yaml":
        "version: 1\n\(profile.contains("runtime:") ? "" : "runtime: {base: debian-12}\n")\(profile)\n",
      "environments/a.yaml": "version: 1\ncustomer: \"\(customer)\"\nprofile: site\n\(environment)\n",
    ])
  }

  @Test func aProfilesValuesAreTheCustomers() throws {
    let sample = workspace(
      """
      app: {source: "../apps/{{customer}}", environment: {THEME: "{{customer}}-theme", N: "{{customer}}"}}
      services: {mariadb: {database: "{{customer}}", user: "{{customer}}", password: DB_PASSWORD}}
      secrets: {DB_PASSWORD: {env: "{{CUSTOMER}}_DB_PASSWORD"}}
      """)
    #expect(sample.problems == [])
    let spec = try #require(sample.plans.first?.spec)
    #expect(spec.apps.first?.source.value.string == "apps/my-shop")
    #expect(spec.apps.first?.environment.map(\.value) == ["my-shop-theme", "my-shop"])
    #expect(spec.services.first?.database?.value == "my-shop")
    #expect(spec.secrets.map(\.source) == [.environment(variable: "MY_SHOP_DB_PASSWORD")])
  }

  /// It is text also where the name looks like something else.
  @Test(arguments: ["null", "true", "e3"]) func aNameIsText(_ customer: String) throws {
    let sample = workspace(
      "app:\n  source: ../app\n  environment:\n    A: \"{{customer}}\"\n    B: 1{{customer}}", customer: customer)
    #expect(sample.plans.first?.spec.apps.first?.environment.map(\.value) == [customer, "1\(customer)"])
  }

  @Test func whatItBecomesIsChecked() {
    let health = workspace("app: {source: ../app, port: 80, health: \"{{customer}}\"}").problems
    #expect(health.map(\.message) == ["health cannot be \"my-shop\""])
    let extensions = workspace("runtime: {base: debian-12, components: {php: {extensions: [\"{{customer}}\"]}}}")
      .problems
    #expect(extensions.map(\.message) == ["extensions cannot be \"my-shop\" on debian-12"])
    #expect(workspace("app: {source: ../app, port: \"{{customer}}\"}").problems.contains { $0.id == "spec.wrong-type" })
  }

  @Test func inAnEnvironmentItIsAValueLikeAnyOther() throws {
    let sample = workspace("", "app: {source: ../app, environment: {A: \"{{customer}} {{ x }}\"}}")
    #expect(sample.plans.first?.spec.apps.first?.environment.map(\.value) == ["{{customer}} {{ x }}"])
  }

  @Test func aMisspeltOneIsAWarning() {
    let problems = workspace("app: {source: ../app, environment: {A: \"{{custmer}} {{ x }}\"}}").problems
    #expect(problems.map(\.id) == ["spec.profile-placeholder"] && !problems.hasErrors)
  }
}
