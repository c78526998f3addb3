import KilnDiagnostics
import KilnProcesses
import Synchronization
import SystemPackage
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

struct SystemProcessesTests {
  private let shell = Tool("sh", SystemProcesses())

  @Test func bothStreamsTheCodeTheInputAndTheEnvironmentArrive() async throws {
    let result = try await shell.output(
      ["-c", "cat; printf %s \"$KILN_TEST\"; echo trouble >&2; exit 3"], environment: ["KILN_TEST": "a b"],
      input: Array("in".utf8))
    #expect(result == .init(code: 3, output: "ina b", error: "trouble\n"))
  }

  @Test func aProgramThatDoesNotEndIsEndedWithAllThatItHasStarted() async throws {
    await #expect(throws: Tool.TimedOut.self) {
      _ = try await shell.output(["-c", "sleep 1000 & sleep 1000"], limit: 0.5)
    }
    let result = try await shell.output(["-c", "echo a; sleep 0.2; echo b >&2; exit 3"], limit: 60)
    #expect(result == .init(code: 3, output: "a\n", error: "b\n"))
  }

  /// More than a pipe holds.
  @Test func aProgramNeedNotReadItsInput() async throws {
    for _ in 0..<20 {
      let result = try await shell.output(["-c", "exit 4"], input: [UInt8](repeating: 0x41, count: 4 << 20))
      #expect(result.code == 4)
    }
  }

  @Test func bytesGoFromFileToFileAndErrorsAreKept() async throws {
    let path = FilePath("/tmp/kiln-redirected-\(UInt64.random(in: 0 ... .max))")
    let file = try FileDescriptor.open(
      path, .readWrite, options: [.create, .exclusiveCreate], permissions: .ownerReadWrite)
    defer {
      try? file.close()
      unlink(path.string)
    }
    let bytes: [UInt8] = [0, 0xFF, 0x0A, 0x80]
    _ = try file.writeAll(bytes)
    try file.seek(offset: 0, from: .start)
    let result = try await shell.redirected(["-c", "cat >&2; echo done; exit 3"], input: file, output: file)
    #expect(result.code == 3 && result.error.utf8.count > 4 && result.output.isEmpty)
    try file.seek(offset: 4, from: .start)
    var end = [UInt8](repeating: 0, count: 16)
    let count = try end.withUnsafeMutableBytes { try file.read(into: $0) }
    #expect(String(decoding: end[..<count], as: UTF8.self) == "done\n")
    // Neither an input nor an output: both are empty.
    #expect(try await shell.redirected(["-c", "cat; echo lost"], isShielded: true).isSuccess)
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
