import KilnTesting
import Testing

@testable import KilnEngine

struct ToolCheckTests {
  @Test func theFirstLineWithADigitIsTheVersion() async throws {
    try await withFolder { root in
      let check = try #require(ToolCheck.all.first { $0.name == "docker compose" })
      let command = "docker compose version --short"
      for (step, expected) in [
        (ScriptedRunner.Step.run(command, output: "warning\n2.30.1\n"), "2.30.1"), (.missing(command), nil),
        (.run(command, error: "no such plugin", code: 1), nil),
        (.run(command, output: "x\n"), "(version unknown)"),
      ] as [(ScriptedRunner.Step, String?)] {
        #expect(await check.version(in: RecordedContext(root, processes: ScriptedRunner([step])).context) == expected)
      }
    }
  }

  /// What kubectl, Azure's command and two JMeters print.
  @Test func aVersionIsFoundAmongOtherNumbers() async throws {
    try await withFolder { root in
      for (name, output, expected) in [
        ("kubectl", #"Client Version: version.Info{Major:"1", GitVersion:"v1.20.2", GoVersion:"go1.19.8"}"#, "1.20.2"),
        ("kubectl", "Client Version: v1.32.0\nKustomize Version: v5.5.0\n", "1.32.0"),
        ("az", #"{"azure-cli": "2.45.0", "azure-cli-core": "2.45.0", "extensions": {}}"#, "2.45.0"),
        (
          "jmeter", "INFO 2026-11-27 16:36:32.843: Testplan (JMX) version: 2.2\nVersion 2.13.19691222\n",
          "2.13.19691222"
        ),
        ("jmeter", #"/_/   \_\_| |_| \_\ 5.6.3"# + "\nCopyright (c) 1999-2024\n", "5.6.3"),
      ] {
        let check = try #require(ToolCheck.all.first { $0.name == name })
        let runner = ScriptedRunner([.run(check.command.joined(separator: " "), output: output)])
        #expect(await check.version(in: RecordedContext(root, processes: runner).context) == expected)
      }
    }
  }
}
