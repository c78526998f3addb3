import Foundation
import KilnPlan
import KilnTesting
import Testing

@testable import KilnVerify

/// What is asked of both sides, by the shell that runs it there.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/dpkg-query")))
struct ParityProbeTests {
  private func facts(_ command: String) throws -> [ParityProbe.Fact: String] {
    let workspace = SampleWorkspace([
      "environments/acme.yaml":
        "version: 1\ncustomer: acme\nruntime: {base: debian-12, components: {relay: {}}}\nmachine: {}\n",
      "components/relay.yaml": """
      summary: A relay
      steps:
        - service: {name: kiln-relay, command: [\(command)]}
        - {service: {name: kiln-clock}, only: machine}

      """,
    ])
    let plan = try #require(workspace.plans.first, "\(workspace.problems)")
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c"] + ParityProbe(try #require(plan.machine)).arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return ParityProbe.facts(String(decoding: data, as: UTF8.self))
  }

  /// A container runs what it has the program of; the machine's own services are not its affair.
  @Test func aServiceIsThereWithItsProgram() throws {
    let service = ParityProbe.Fact(kind: "service", name: "kiln-relay")
    #expect(try facts("sh")[service] == "yes")
    let without = try facts("kiln-no-such-program")
    #expect(without[service] == "no")
    #expect(without[.init(kind: "service", name: "kiln-clock")] == nil)
  }
}
