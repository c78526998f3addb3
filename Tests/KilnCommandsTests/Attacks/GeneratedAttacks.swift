import ArgumentParser
import Foundation
import KilnTesting
import Testing

@testable import KilnCommands

extension Attacks {
  /// What a spec puts into the files that Ansible, Packer and goss read as templates, and into configuration.
  @Suite struct Generated {
    private static let jinja = "{{ lookup('pipe', 'touch victim') }}"

    private static let component = """
      summary: One
      parameters: {x: {type: string}, values: {type: map, default: {}}}
      steps:
      STEP

      """

    /// A workspace whose component has `step`, and a machine whose spec gives it `value`.
    private func withWorkspace(
      _ step: String, _ value: String, file: String = "acme", _ body: (URL, TestContext) throws -> Void
    ) throws {
      try withFolder { folder in
        for name in ["components", "environments", "app"] {
          try FileManager.default.createDirectory(
            at: folder.appending(path: name), withIntermediateDirectories: true)
        }
        for (path, text) in [
          "kiln.yaml": "version: 1\n", "app/index.php": "x",
          "components/one.yaml": Self.component.replacing("STEP", with: "  - " + step),
          "environments/\(file).yaml": """
          version: 1
          customer: acme
          runtime: {base: debian-12, components: {one: {x: "\(value)"}, php: {}}}
          app: {source: ../app, install: [make], buildSecrets: [A_SECRET, B_SECRET]}
          secrets: {A_SECRET: {env: ACME_A}, B_SECRET: {env: ACME_B}}
          machine: {azure: {location: westeurope, capture: {managedImage: {resourceGroup: images, name: web}}}}

          """,
        ] { try text.write(to: folder.appending(path: path), atomically: true, encoding: .utf8) }
        try body(folder, TestContext(folder))
      }
    }

    /// A checksum, a key's checksum and a service's name were templates of Ansible's; a package could remove another.
    @Test(arguments: [
      ("download: {url: \"https://e.com/x\", sha256: \"{{x}}\", to: /x}", jinja),
      (
        "repository: {name: r, uris: [\"https://e.com\"], suites: [s], signedBy: {url: \"https://e.com/k\", sha256: \"{{x}}\"}}",
        jinja
      ),
      ("service: {name: \"{{x}}\", command: [x]}", jinja), ("packages: [\"{{x}}\"]", "apt-"),
      ("packages: [\"{{x}}\"]", "-oDebug::NoLocking=1"),
    ]) func noStepIsWhatItsKindIsNot(_ step: String, _ value: String) throws {
      try withWorkspace(step, value) { folder, context in
        #expect(throws: KilnExit.problems) { try GenerateCommand.parse([]).run(in: context) }
        #expect(context.error.contains("spec.step-value"), "\(context.error)")
        #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "generated").path))
      }
    }

    /// Everything that a spec may say freely arrives where templates are read, and none of it is one.
    @Test(arguments: [jinja, "{% for x in y %}", "{# x", "{{ .Env.HOME }}", "{{ env `HOME` }}"])
    func textIsNoTemplate(_ value: String) throws {
      let steps = """
        file: {path: "/etc/{{x}}", content: "{{x}}"}
          - link: {path: "/etc/l {{x}}", target: "{{x}}"}
          - run: {script: "echo '{{x}}'", creates: "/etc/r {{x}}", environment: {A: "{{x}}"}}
          - environment: {B: "{{x}}"}
          - service: {name: one, command: [one, "{{x}}"]}
        """
      try withWorkspace(steps, value) { folder, context in
        #expect(throws: Never.self) { try GenerateCommand.parse([]).run(in: context) }
        let machine = folder.appending(path: "generated/acme/packer")
        let playbook = try String(contentsOf: machine.appending(path: "playbook.yml"), encoding: .utf8)
        #expect(playbook.contains(value))
        for line in playbook.split(separator: "\n") where line.contains(value) {
          #expect(line.contains("!unsafe"), "\(line)")
        }
        for name in ["goss-app-app.yaml", "packer/acme.json"] {
          let text = try String(contentsOf: folder.appending(path: "generated/acme/\(name)"), encoding: .utf8)
          #expect(!text.contains(value) || !value.hasPrefix("{{"), "\(name) has a template of the spec's")
        }
      }
    }

    /// The name of a spec's file is in a comment of every generated file.
    @Test(arguments: ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"]) func aFilesNameEndsNoComment(_ end: String) throws
    {
      let name = "a\(end)INJECTED = true #"
      try withWorkspace("packages: [\"{{x}}\"]", "curl", file: name) { folder, context in
        try? GenerateCommand.parse([]).run(in: context)
        let output = folder.appending(path: "generated")
        let files = FileManager.default.enumerator(atPath: output.path)?.compactMap { $0 as? String } ?? []
        for file in files where !file.hasSuffix(".json") {
          guard let text = try? String(contentsOf: output.appending(path: file), encoding: .utf8) else { continue }
          for line in text.unicodeScalars.split(whereSeparator: {
            "\n\r\u{85}\u{2028}\u{2029}".unicodeScalars.contains($0)
          }) {
            #expect(!String(line).hasPrefix("INJECTED"), "\(file)")
          }
        }
      }
    }

    @Test(arguments: [
      "memory_limit: \"1\\nauto_prepend_file = /x\"", "\"a\\nb\": x", "a: 'x\" ; auto_prepend_file = \"/x'",
    ])
    func aSettingOfPHPIsOneSetting(_ setting: String) throws {
      try withWorkspace("packages: [curl]", "x") { folder, context in
        let file = folder.appending(path: "environments/acme.yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
        try text.replacing("php: {}", with: "php: {ini: {\(setting)}}").write(
          to: file, atomically: true, encoding: .utf8)
        #expect(throws: KilnExit.problems) { try CheckCommand.parse([]).run(in: context) }
        #expect(context.error.contains("spec.parameter-value"), "\(context.error)")
      }
    }

    /// A bake that would fail at its end, in a task whose output is hidden, fails before it begins.
    @Test func whatABakeNeedsIsAskedForAtOnce() async throws {
      try await withFolder { folder in
        try withWorkspace("packages: [curl]", "x") { made, _ in
          for name in ["kiln.yaml", "app", "components", "environments"] {
            try FileManager.default.copyItem(at: made.appending(path: name), to: folder.appending(path: name))
          }
        }
        let context = TestContext(folder, environment: ["ACME_B": "set", "ARM_CLIENT_ID": "x"])
        try await GenerateCommand.parse([]).run(in: context)
        context.clear()
        await #expect(throws: KilnExit.problems) { try await BakeCommand.parse(["acme"]).run(in: context) }
        let missing = context.error.split(separator: "\n").filter { $0.hasPrefix("error: the variable ") }
        let one = "error: the variable ACME_A is not set; secret A_SECRET of acme needs it [bake.variable]"
        #expect(missing.count == 4 && missing.contains { $0 == one }, "\(context.error)")
      }
    }
  }
}
