import Foundation
import Testing

/// What a script did.
struct ShellResult: Sendable {
  let status: Int32
  let output: String
  let error: String
}

/// Runs `script` with `bash -euo pipefail` in `folder`, with `kiln` (the build under test) on the PATH.
@discardableResult
func sh(_ script: String, in folder: URL? = nil, environment: [String: String] = [:], expecting status: Int32? = 0)
  throws -> ShellResult
{
  let process = Process()
  process.executableURL = URL(filePath: "/bin/bash")
  // What a script leaves running must not hold the descriptors by which Foundation sees that the script has ended.
  let alone =
    "for f in /proc/$$/fd/*; do f=${f##*/}; case $f in [012]|25?|\\*) ;; *) eval \"exec $f>&-\" ;; esac; done\n"
  process.arguments = ["-euo", "pipefail", "-c", alone + script]
  process.currentDirectoryURL = folder
  var variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
  variables["PATH"] = "\(EndToEnd.kilnFolder):\(variables["PATH"] ?? "/usr/bin:/bin")"
  process.environment = variables
  let files = try (0..<2).map { _ in try TemporaryFolder().url.appending(path: "stream") }
  for file in files { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }
  process.standardOutput = try FileHandle(forWritingTo: files[0])
  process.standardError = try FileHandle(forWritingTo: files[1])
  process.standardInput = FileHandle.nullDevice
  try runUnblocked(process)
  process.waitUntilExit()
  let result = ShellResult(
    status: process.terminationStatus, output: String(decoding: try Data(contentsOf: files[0]), as: UTF8.self),
    error: String(decoding: try Data(contentsOf: files[1]), as: UTF8.self))
  for file in files { try? FileManager.default.removeItem(at: file.deletingLastPathComponent()) }
  if let status {
    #expect(
      result.status == status,
      "\(script)\nexit \(result.status)\n\(result.output.suffix(3000))\n\(result.error.suffix(6000))")
  }
  return result
}

/// Starts `process` with no signal blocked: the threads that tests run on block most of them, and a script's `kill`
/// would wait forever for what inherited that.
private func runUnblocked(_ process: Process) throws {
  var none = sigset_t()
  var before = sigset_t()
  sigemptyset(&none)
  pthread_sigmask(SIG_SETMASK, &none, &before)
  defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
  try process.run()
}

/// A new folder; the caller removes it with `remove()`.
struct TemporaryFolder: Sendable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "kiln-e2e-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  func remove() { try? FileManager.default.removeItem(at: url) }
}

/// What the end-to-end tests need. They run with `make e2e`, which sets KILN_E2E and KILN_BIN.
enum EndToEnd {
  /// A Chromium on the PATH.
  static let browser: String? = {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    return ["chromium", "chromium-browser", "google-chrome"].lazy.compactMap { name in
      folders.map { "\($0)/\(name)" }.first(where: FileManager.default.isExecutableFile)
    }.first
  }()

  /// The kubeconfig's context; nil where there is no cluster to try.
  static let cluster: String? = {
    guard isRequested, ProcessInfo.processInfo.environment["KUBECONFIG"] != nil,
      let result = try? sh("kubectl config current-context && kubectl get nodes >/dev/null", expecting: nil),
      result.status == 0
    else { return nil }
    return result.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }()

  static let isRequested = ProcessInfo.processInfo.environment["KILN_E2E"] != nil
  static let kilnFolder = ProcessInfo.processInfo.environment["KILN_BIN"] ?? "/nonexistent"
  static let skipped: Comment = "end-to-end tests run with `make e2e` (KILN_E2E is not set)"

  static func hasImage(_ name: String) -> Bool {
    isRequested && (try? sh("docker image inspect \(name)", expecting: nil))?.status == 0
  }

  /// Whether all programs are on the PATH.
  static func has(_ names: String...) -> Bool {
    isRequested && (try? names.allSatisfy { try sh("command -v \($0)", expecting: nil).status == 0 }) == true
  }

  /// The tools of `names` that are not on the PATH.
  static func missing(_ names: String...) throws -> [String] {
    try names.filter { try sh("command -v \($0)", expecting: nil).status != 0 }
  }
}
