import ArgumentParser
import Foundation
import KilnTesting
import Testing

@testable import KilnCommands

extension Attacks {
  /// Small specs and definitions that once took hours, gigabytes or the stack.
  @Suite struct Specs {
    static let spec = "version: 1\ncustomer: acme\nruntime:\n  base: debian-12\n"
    static let used = spec + "  components: {one: {}}\n"

    struct Input: Sendable, CustomTestStringConvertible {
      let name: String
      let id: String
      let files: [String: String]
      var testDescription: String { name }

      init(_ name: String, _ id: String, _ files: [String: String]) {
        self.name = name
        self.id = id
        self.files = files
      }

      init(_ name: String, _ id: String, spec: String) { self.init(name, id, ["environments/acme.yaml": spec]) }
    }

    private static func times(_ number: Int, _ text: String) -> String { String(repeating: text, count: number) }
    private static func numbered(_ number: Int, _ text: (Int) -> String) -> String { (0..<number).map(text).joined() }

    private static func aliases(_ levels: Int) -> String {
      "l0: &l0 [x, x]\n" + numbered(levels) { "l\($0 + 1): &l\($0 + 1) [*l\($0), *l\($0)]\n" }
    }

    private static func component(_ parameters: String, _ steps: String) -> [String: String] {
      [
        "components/one.yaml": "summary: One\nparameters:\n\(parameters)\nsteps:\n\(steps)\n",
        "environments/acme.yaml": used,
      ]
    }

    private static func template(_ text: String) -> [String: String] {
      component(
        "  items: {type: list, default: [\(times(1000, "x, "))x]}", "  - file: {path: /x, template: t}"
      ).merging(["components/files/t": text]) { $1 }
    }

    static let inputs = [
      Input(
        "components that require each other in a row", "spec.component-cycle",
        Dictionary(
          uniqueKeysWithValues: (0..<500).map {
            ("components/c\($0).yaml", "summary: C\nrequires: [c\(($0 + 1) % 500)]\nsteps: []\n")
          } + [("environments/acme.yaml", spec + "  components: {c0: {}}\n")])),
      Input(
        "50,000 overlays", "spec.invalid-value",
        spec: spec + "app: {source: ../app, overlays: [\(times(50_000, "o, "))o]}\n"),
      Input(
        "16,000 install commands", "spec.invalid-value",
        spec: spec + "app:\n  source: ../app\n  install:\n\(numbered(16_000) { "    - echo \($0)\n" })"),
      Input(
        "a ring of 100 stages", "spec.stage-order",
        spec: spec + "deploy: {kubernetes: {}}\nstages:\n"
          + numbered(100) { "  s\($0): {after: s\(($0 + 1) % 100)}\n" }),
      Input(
        "4,000 stages", "spec.invalid-value",
        spec: spec + "deploy: {kubernetes: {}}\nstages:\n" + numbered(4_000) { "  s\($0): {}\n" }),
      Input("an alias tree as a key", "spec.alias-limit", spec: aliases(25) + "? *l25\n: 1\n"),
      Input("an alias tree as a flow key", "spec.alias-limit", spec: aliases(25) + "x: {*l25 : 1}\n"),
      Input("a billion laughs", "spec.alias-limit", spec: aliases(40)),
      Input(
        "aliases of a long text", "spec.alias-limit",
        spec: spec + "app:\n  source: ../app\n  environment:\n    A: &a \(times(10_000, "A"))\n"
          + numbered(900) { "    B\($0): *a\n" }),
      Input(
        "aliases deep in each other", "spec.depth-limit",
        spec: "l0: &l0 [x]\n" + numbered(400) { "l\($0 + 1): &l\($0 + 1) [*l\($0)]\n" }),
      Input("brackets", "spec.depth-limit", spec: "a: " + times(100_000, "[")),
      Input("braces", "spec.depth-limit", spec: "a: " + times(100_000, "{b: ")),
      Input("dashes", "spec.depth-limit", spec: times(100_000, "- ")),
      Input("values", "spec.value-limit", spec: "a: [" + times(110_000, "x,") + "]"),
      Input("unknown keys", "spec.unknown-key", spec: spec + numbered(3000) { "k\($0): 1\n" }),
      Input(
        "doubled keys", "spec.duplicate-key",
        spec: spec + numbered(3000) { "k\($0): 1\n" } + numbered(3000) { "k\($0): 2\n" }),
      Input("one key many times", "spec.duplicate-key", spec: spec + times(5000, "a: 1\n")),
      Input("a long line of problems", "spec.unknown-key", spec: "{" + numbered(3000) { "k\($0): 1, " } + "}"),
      Input("a long key", "spec.syntax", spec: times(200_000, "k") + ": 1\n"),
      Input("a huge scalar", "spec.unknown-base", spec: spec.replacing("debian-12", with: times(300_000, "x"))),
      Input(
        "unknown components", "spec.unknown-component",
        spec: spec + "  components: {" + numbered(3000) { "k\($0): {}, " } + "}\n"),
      Input(
        "a large profile under a large spec", "spec.unknown-key",
        [
          "environments/acme.yaml": spec + "profile: big\n" + numbered(3000) { "k\($0): 1\n" },
          "profiles/big.yaml": "stages:\n" + numbered(3000) { "  s\($0): {}\n" },
        ]),
      Input(
        "a pattern of brackets", "catalog.pattern",
        component("  a: {type: string, pattern: \"\(times(5000, "["))\"}", "  []")),
      Input(
        "a pattern of groups", "catalog.pattern",
        component("  a: {type: string, pattern: \"\(times(5000, "("))\(times(5000, ")"))\"}", "  []")),
      Input(
        "a pattern that counts", "catalog.pattern",
        component("  a: {type: string, pattern: \"((a{1000}){1000}){1000}\"}", "  []")),
      Input(
        "a pattern that goes back", "spec.parameter-value",
        component("  a: {type: string, pattern: \"(a+)+b\", default: \(times(4000, "a"))}", "  []")),
      Input(
        "a long text for a pattern", "spec.parameter-value",
        component("  a: {type: string, pattern: \"(a|a)*\", default: \(times(200_000, "a"))}", "  []")),
      Input(
        "parameters", "spec.unknown-parameter",
        [
          "components/one.yaml": "summary: One\nparameters:\n" + numbered(2000) { "  p\($0): {type: string}\n" }
            + "steps: []\n",
          "environments/acme.yaml": spec + "  components:\n    one:\n" + numbered(2000) { "      q\($0): x\n" },
        ]),
      Input(
        "placeholders", "catalog.unknown-placeholder",
        component(
          numbered(500) { "  p\($0): {type: string}\n" },
          "  - file: {path: /x, content: \"\(numbered(2000) { "{{q\($0)}}" })\"}")),
      Input(
        "sections in sections", "catalog.template", template(times(3000, "{{#items}}") + times(3000, "{{/items}}"))),
      Input(
        "lists in lists in lists", "catalog.template", template(times(3, "{{#items}}") + "x" + times(3, "{{/items}}"))),
      Input(
        "lists in lists without text", "catalog.template", template(times(3, "{{#items}}") + times(3, "{{/items}}"))),
      Input(
        "a long text many times", "catalog.expansion-limit",
        component(
          "  text: {type: string, default: \(times(100_000, "a"))}",
          "  - file: {path: /x, content: \"\(times(10_000, "{{text}}"))\"}")),
      Input(
        "a step for each of many", "catalog.expansion-limit",
        component(
          "  items: {type: list, default: [\(times(20_000, "x, "))x]}", "  - {packages: [\"{{item}}x\"], each: items}")),
      Input(
        "a template of empty sections for each of many", "catalog.expansion-limit",
        template(times(2, "{{#items}}") + times(2, "{{/items}}")).merging(
          component(
            "  items: {type: list, default: [\(times(980, "x, "))x]}",
            "  - {file: {path: \"/{{item}}\", template: t}, each: items}")
        ) { $1 }),
      Input(
        "many steps for each of many", "catalog.expansion-limit",
        component(
          "  items: {type: list, default: [\(times(20_000, "x, "))x]}",
          numbered(4000) { "  - {packages: [\"{{item}}x\($0)\"], each: items}\n" })),
      Input(
        "a text of many placeholders that come to nothing", "catalog.expansion-limit",
        component(
          "  items: {type: list, default: [\(times(1500, "\"\", "))\"\"]}",
          "  - {file: {path: \"/x\", content: \"\(times(20_000, "{{item}}"))\"}, each: items}")),
      Input(
        "a file for each of many", "catalog.expansion-limit",
        component(
          "  items: {type: list, default: [\(times(1900, "x, "))x]}",
          "  - {file: {path: \"/{{item}}\", content: \"\(times(100_000, "a"))\"}, each: items}")),
    ]

    /// Each says what is wrong, in at most a few hundred lines.
    @Test(.timeLimit(.minutes(15)), arguments: inputs) func isRefused(_ input: Input) throws {
      try withFolder { folder in
        for (path, text) in input.files.merging(["kiln.yaml": "version: 1\n"], uniquingKeysWith: { $1 }) {
          let url = folder.appending(path: path)
          try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
          try text.write(to: url, atomically: false, encoding: .utf8)
        }
        let context = TestContext(folder)
        let loaded = try context.context.load(try WorkspaceOptions.parse([]), customers: [])
        #expect(throws: KilnExit.problems) { try CheckCommand.parse([]).report(loaded, in: context.context) }
        #expect(context.error.contains("[\(input.id)]"), "\(context.error.prefix(2000))")
        #expect(context.error.split(separator: "\n").count < 800)
        for format in ["json", "github", "azure-pipelines"] {
          context.clear()
          #expect(throws: KilnExit.problems) {
            try CheckCommand.parse(["--format", format]).report(loaded, in: context.context)
          }
          #expect(context.output.split(separator: "\n").count < 250)
        }
      }
    }

    /// A folder that is another one under a second name.
    @Test(arguments: [
      "/.", "/", "//", "/var/..", "/var/../etc", "/var/./www", "/var//www", "/var/www/", "/var/www/.", "//var",
    ])
    func aWorkdirHasOneName(_ workdir: String) throws {
      try withFolder { folder in
        let context = TestContext(folder)
        let files = [
          "kiln.yaml": "version: 1\n", "apps/x": "x",
          "environments/acme.yaml": Self.spec + "app: {source: ../apps, workdir: \(workdir)}\n",
        ]
        for (path, text) in files {
          let url = folder.appending(path: path)
          try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
          try text.write(to: url, atomically: false, encoding: .utf8)
        }
        #expect(throws: KilnExit.problems) { try CheckCommand.parse([]).run(in: context) }
        #expect(context.error.contains("workdir cannot be \"\(workdir)\" [spec.invalid-value]"), "\(context.error)")
      }
    }

    /// A profile's problem is one problem, at its own place.
    @Test func aBrokenProfileIsReportedOnce() throws {
      try withFolder { folder in
        let context = TestContext(folder)
        let files = [
          "kiln.yaml": "version: 1\n", "profiles/p.yaml": "runtime: {basse: x}\n",
          "components/c.yaml": "summary: C\nsteps: [\n",
        ]
        let specs = (0..<20).map {
          (
            "environments/c\($0).yaml",
            "version: 1\ncustomer: c\($0)\nprofile: p\nruntime: {base: debian-12, components: {c: {}}}\n"
          )
        }
        for (path, text) in files.merging(specs, uniquingKeysWith: { $1 }) {
          let url = folder.appending(path: path)
          try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
          try text.write(to: url, atomically: false, encoding: .utf8)
        }
        #expect(throws: KilnExit.problems) { try CheckCommand.parse([]).run(in: context) }
        #expect(context.error.hasSuffix("\n2 errors\n"), "\(context.error)")
      }
    }
  }
}
