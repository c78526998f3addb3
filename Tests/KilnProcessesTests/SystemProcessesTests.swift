import KilnDiagnostics
import KilnProcesses
import Synchronization
import SystemPackage
import Testing

struct SystemProcessesTests {
  private let shell = Tool("sh", SystemProcesses())

  @Test func bothStreamsTheCodeTheInputAndTheEnvironmentArrive() async throws {
    let result = try await shell.output(
      ["-c", "cat; printf %s \"$KILN_TEST\"; echo trouble >&2; exit 3"], environment: ["KILN_TEST": "a b"],
      input: Array("in".utf8))
    #expect(result == .init(code: 3, output: "ina b", error: "trouble\n"))
  }

  /// More than a pipe holds.
  @Test func aProgramNeedNotReadItsInput() async throws {
    for _ in 0..<20 {
      let result = try await shell.output(["-c", "exit 4"], input: [UInt8](repeating: 0x41, count: 4 << 20))
      #expect(result.code == 4)
    }
  }

  @Test func whatIsStreamedComesTogetherAndFromTheFolder() async throws {
    let text = Mutex("")
    let code = try await shell.stream(["-c", "pwd; echo b >&2; kill -TERM $$"], folder: "/") { bytes in
      text.withLock { $0 += String(decoding: bytes, as: UTF8.self) }
    }
    #expect(text.withLock { $0 } == "/\nb\n" && code == 128 + 15)
  }

  @Test func aProgramThatIsNotThereIsNamed() async throws {
    let error = await #expect(throws: Tool.Missing.self) {
      try await Tool("kiln-is-not-this", SystemProcesses()).output([])
    }
    #expect(
      DiagnosticRenderer().render(error?.commandError.diagnostics ?? []) == """
        error: kiln-is-not-this is not on the PATH [tool.missing]
          = help: `kiln doctor` says what installs it

        """)
  }
}
