import Foundation

/// Runs programs for the tests.
enum Bash {
  struct Result: Equatable {
    var code: Int32
    /// Standard output and error, as they came.
    var output: String
  }

  /// The first argument is the program. It is sent TERM when it has printed `mark`.
  static func run(_ arguments: [String], zone: String = "UTC0", stopAfter mark: String? = nil) throws -> Result {
    let process = Process()
    process.executableURL = URL(filePath: arguments[0])
    process.arguments = Array(arguments.dropFirst())
    process.environment = ["PATH": "/usr/bin:/bin", "TZ": zone, "LC_ALL": "C"]
    let pipe = Pipe()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = pipe
    process.standardError = pipe
    try start(process)
    try pipe.fileHandleForWriting.close()
    var data = Data()
    var isStopped = false
    while true {
      let part = pipe.fileHandleForReading.availableData
      if part.isEmpty { break }
      data.append(part)
      if !isStopped, let mark, String(decoding: data, as: UTF8.self).contains(mark) {
        // By then the script waits; a `sleep` that it has just started would live on, and hold the pipe.
        Thread.sleep(forTimeInterval: 0.3)
        process.terminate()
        isStopped = true
      }
    }
    process.waitUntilExit()
    return Result(code: process.terminationStatus, output: String(decoding: data, as: UTF8.self))
  }

  /// The threads of Swift's tasks block signals, and a process begins with what its thread blocks.
  private static func start(_ process: Process) throws {
    var (none, before) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try process.run()
  }

  static func has(_ program: String) -> Bool { FileManager.default.isExecutableFile(atPath: program) }
}

/// A folder that is gone after the test.
struct ScratchFolder: ~Copyable {
  let path = FileManager.default.temporaryDirectory.appending(path: "kiln-schedule-\(UUID().uuidString)").path()

  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
