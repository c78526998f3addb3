import KilnDocuments
import KilnTesting
import Testing

@testable import KilnSpec

/// The names, parameters and values of a workspace in the schema of its specs.
struct WorkspaceSchemaTests {
  private static let sample = SampleWorkspace([
    "components/motd.yaml": """
    summary: A message
    parameters: {text: {type: string, required: true, summary: what it says}}
    steps: [{directory: {path: /srv}}]
    """,
    "profiles/site.yaml": "version: 1\nruntime: {base: debian-12}\n",
  ])

  private func value(_ subject: JSONSchema.Subject, _ path: String...) -> DocumentValue? {
    path.reduce(JSONSchema(Self.sample.definitions).document(subject)) { value, key -> DocumentValue? in
      if case .map(let map)? = value { map[key] } else { nil }
    }
  }

  private func keys(_ value: DocumentValue?) -> [String] {
    if case .map(let map)? = value { map.pairs.map(\.0) } else { [] }
  }

  @Test(arguments: [JSONSchema.Subject.environment, .profile]) func hasTheNames(_ subject: JSONSchema.Subject) {
    let definitions = Self.sample.definitions
    #expect(
      value(subject, "properties", "runtime", "properties", "base", "enum")
        == .list(definitions.bases.keys.sorted().map { .string($0) } + [.null]))
    #expect(
      keys(value(subject, "properties", "runtime", "properties", "components", "properties"))
        == definitions.components.keys.sorted())
    #expect(keys(value(subject, "properties", "services", "properties")) == definitions.services.keys.sorted())
    #expect(
      value(subject, "properties", "profile", "enum") == .list(["lamp", "php-vm", "site", .null]))
    #expect(value(subject, "properties", "services", "additionalProperties") == false)
    #expect(value(subject, "properties", "runtime", "properties", "components", "additionalProperties") == false)
  }

  @Test func hasTheParameters() {
    let components = ["properties", "runtime", "properties", "components", "properties"]
    func parameter(_ component: String, _ name: String, _ key: String) -> DocumentValue? {
      let path = components + [component, "properties", name, key]
      return path.reduce(JSONSchema(Self.sample.definitions).document(.environment)) { value, key -> DocumentValue? in
        if case .map(let map)? = value { map[key] } else { nil }
      }
    }
    #expect(parameter("motd", "text", "description") == "what it says")
    #expect(parameter("php", "version", "enum") == ["8.2", "8.1", "8.3", .null])
    #expect(parameter("php", "version", "type") == ["string", "null"])
    #expect(parameter("apache", "port", "maximum") == 65535)
    #expect(parameter("php", "extensions", "type") == ["array", "object", "null"])
    #expect(keys(parameter("php", "extensions", "properties")) == ["add", "remove"])
  }

  @Test func aBaseHasItsOwnValues() {
    guard case .list(let rules)? = value(.environment, "properties", "runtime", "allOf") else {
      Issue.record("no rules by base")
      return
    }
    #expect(rules.count == Self.sample.definitions.bases.count)
    #expect(JSONRenderer().render(rules[0]).contains("\"debian-12\""))
  }

  @Test func hasTheSettings() {
    let settings = keys(
      value(.environment, "properties", "services", "properties", "mysql", "properties", "settings", "properties"))
    #expect(settings.contains("max_connections"))
  }

  @Test func aProfilesTextMayHaveTheCustomersName() {
    let secret = ["properties", "secrets", "additionalProperties", "properties", "env", "pattern"]
    func pattern(_ subject: JSONSchema.Subject) -> DocumentValue? {
      secret.reduce(JSONSchema().document(subject)) { value, key -> DocumentValue? in
        if case .map(let map)? = value { map[key] } else { nil }
      }
    }
    #expect(pattern(.environment) == "^(?:[A-Za-z_][A-Za-z0-9_]*)$")
    #expect(pattern(.profile) == #"^(?:[A-Za-z_][A-Za-z0-9_]*)$|\{\{ *(customer|CUSTOMER) *\}\}"#)
  }

  @Test func withoutAWorkspaceAnyNameIsTaken() {
    let document = JSONSchema().document(.environment)
    #expect(!JSONRenderer().render(document).contains("debian-12"))
  }
}
