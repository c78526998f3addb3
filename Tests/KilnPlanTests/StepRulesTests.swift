import KilnDiagnostics
import KilnPlan
import KilnTesting
import Testing

/// What a parameter's value may make of a step's fields.
struct StepRulesTests {
  static let digest = String(repeating: "0123456789abcdef", count: 4)

  struct Field: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// The step, with `{{x}}` where the value goes.
    let step: String
    let good: [String]
    let bad: [String]

    init(_ name: String, _ step: String, good: [String], bad: [String]) {
      testDescription = name
      self.step = step
      self.good = good
      self.bad = bad
    }
  }

  static let jinja = "{{ lookup('pipe', 'id') }}"
  static let bytes = ["\\0", "a\\nb", "a\\x7fb"]

  static let fields = [
    Field(
      "packages", "packages: [\"{{x}}\"]",
      good: [
        "curl", "g++", "libstdc++6", "php8.2-cli", "0ad", "libc6:amd64", "tzdata=2024a-0+deb12u1", "a1:i386=1:2~rc1",
      ],
      bad: [
        "", "a", "apt-", "apt:amd64-", "curl=1.0-", "curl=1.0+", "curl=", "curl:", "-y", "--reinstall", "curl/sid",
        "task^", "Curl", "curl git", "curl;id", "?name(x)", "~nx", "curl*", "curl=1.*", "ünï", jinja,
      ]),
    Field(
      "download.sha256", "download: {url: \"https://e.com/x\", to: /x, sha256: \"{{x}}\"}", good: [digest],
      bad: ["", "00", digest.uppercased(), digest + "0", "g" + digest.dropFirst(), "https://e.com/sums", jinja]),
    Field(
      "download.url", "download: {url: \"{{x}}\", to: /x, sha256: \(digest)}",
      good: ["https://e.com/x?a=1", "http://e.com"],
      bad: ["", "https://", "file:///etc/passwd", "ftp://e.com", "https://e.com/a b", "https://e.com/ü"] + bytes),
    Field(
      "download.to", "download: {url: \"https://e.com/x\", to: \"/{{x}}\", sha256: \(digest)}",
      good: ["opt/x y", jinja],
      bad: ["../x", "a/../b"] + bytes),
    Field(
      "repository.signedBy.sha256",
      "repository: {name: r, uris: [\"https://e.com\"], suites: [s], signedBy: {url: \"https://e.com/k\", sha256: \"{{x}}\"}}",
      good: [digest], bad: ["", "x", jinja]),
    Field(
      "repository.signedBy.url",
      "repository: {name: r, uris: [\"https://e.com\"], suites: [s], signedBy: {url: \"{{x}}\", sha256: \(digest)}}",
      good: ["https://e.com/key.asc"], bad: ["", "file:///k"] + bytes),
    Field(
      "repository.uris", "repository: {name: r, uris: [\"{{x}}\"], suites: [s], signedBy: {content: k}}",
      good: ["https://e.com/debian"], bad: ["", "file:/x", "https://e.com\\nTrusted: yes", "https://e.com x"]),
    Field(
      "repository.suites",
      "repository: {name: r, uris: [\"https://e.com\"], suites: [\"{{x}}\"], signedBy: {content: k}}",
      good: ["bookworm", "./", "stable/updates"], bad: ["", "a b", "s\\nTrusted: yes", "ü"]),
    Field("file.path", "file: {path: \"/{{x}}\", content: x}", good: ["a b", jinja], bad: ["..", "../a"] + bytes),
    Field("directory.path", "directory: {path: \"/{{x}}\"}", good: ["a"], bad: [".."] + bytes),
    Field("link.target", "link: {path: /x, target: \"{{x}}\"}", good: ["../a", "-a", jinja], bad: bytes),
    Field("run.script", "run: {script: \"{{x}}\", creates: /x}", good: ["a\\nb", jinja], bad: ["\\0"]),
    Field("run.creates", "run: {script: x, creates: \"/{{x}}\"}", good: ["a"], bad: [".."] + bytes),
    Field("environment", "environment: {A: \"{{x}}\"}", good: ["", "a b", jinja], bad: bytes),
    Field(
      "service.name", "service: {name: \"{{x}}\", command: [x]}", good: ["php8.2-fpm", "getty@tty1", "A_b:c"],
      bad: ["", "-x", ".x", "a/b", "a b", "a\\nb", jinja]),
    Field("service.command", "service: {name: x, command: [\"{{x}}\"]}", good: ["a b", jinja, ""], bad: ["\\0"]),
  ]

  private func problems(_ field: Field, _ value: String) -> [Diagnostic] {
    // The value is a list's entry, so that no rule of parameters is in the way of the rules of steps.
    let component = """
      summary: One
      parameters: {values: {type: map}}
      steps:
        - \(field.step.replacing("{{x}}", with: "{{value}}"))
          each: values
      """
    let sample = SampleWorkspace(
      "runtime: {base: debian-12, components: {one: {values: {a: \"\(value)\"}}}}\n", components: ["one": component])
    #expect(sample.plans.isEmpty == sample.problems.hasErrors)
    return sample.problems
  }

  @Test(arguments: fields) func takes(_ field: Field) {
    for value in field.good {
      let problems = problems(field, value)
      #expect(problems.isEmpty, "\(value): \(problems.map(\.message))")
    }
  }

  @Test(arguments: fields) func refuses(_ field: Field) {
    for value in field.bad {
      let problems = problems(field, value)
      // A control character may already be refused as a parameter's value, NUL when the file is read.
      let ids = Set(problems.map(\.id))
      let expected: Set = ["spec.step-value", "spec.parameter-value", "spec.character"]
      #expect(!ids.isEmpty && ids.isSubset(of: expected), "\(value): \(problems)")
    }
  }

  /// A kind that gets no rule would let everything through.
  @Test func everyKindOfStepHasAField() {
    let kinds = Set(Self.fields.compactMap { $0.step.split(separator: ":").first.map(String.init) })
    // Accounts and modes take no parameters; their rules are the definition's shape.
    #expect(kinds.union(["user"]).count == 10)
  }

  @Test func aServicesImageIsAReferenceWhateverItsParametersAre() {
    let definition = """
      kind: service
      summary: A cache
      parameters: {version: {type: string}}
      port: 1
      data: /data
      user: cache
      image: "example/cache:{{version}}"
      environment: {A: "{{version}}"}
      configuration: {path: /etc/c, format: ini, known: {}}
      health: [ping]
      """
    func problems(_ version: String) -> [String] {
      SampleWorkspace(
        "runtime: {base: debian-12}\nservices: {cache: {version: \"\(version)\"}}\n", components: ["cache": definition]
      ).problems.map(\.message)
    }
    #expect(problems("1.2") == [])
    #expect(problems("1 AS x") == ["image: \"example/cache:1 AS x\" is no image reference"])
    #expect(problems("1\\nRUN id").count == 2)
  }
}
