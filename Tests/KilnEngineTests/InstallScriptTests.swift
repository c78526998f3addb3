import Foundation
import KilnTesting
import Testing

@testable import KilnEngine

struct InstallScriptTests {
  private static let runtime = "runtime: {base: debian-12}\napp: {source: ../apps/shop}\n"

  /// Runs the script for a spec on a machine that has `tools`; apt-get and what it is asked for are written down.
  private func run(_ spec: String, having tools: [String], offering packages: [String]) throws -> (
    Int32, String, String
  ) {
    let workspace = SampleWorkspace(spec)
    return try withFolder { folder in
      let log = folder.appending(path: "log").path
      var programs: [String: String] = [
        "apt-get": "echo \"apt-get $*\" >> '\(log)'", "id": "echo 0", "uname": "echo x86_64",
        "apt-cache": "case \" \(packages.joined(separator: " ")) \" in *\" $2 \"*) exit 0 ;; esac; exit 1",
        "mktemp": "echo '\(folder.path)'", "rm": ":",
      ]
      for tool in tools {
        programs[tool] = tool == "curl" ? "echo \"curl $*\" >> '\(log)'; exit 22" : ":"
      }
      try write(programs.mapKeys { "bin/\($0)" }.mapValues { "#!/bin/sh\n\($0)\n" }, in: folder)
      for name in programs.keys {
        try FileManager.default.setAttributes(
          [.posixPermissions: 0o755], ofItemAtPath: folder.appending(path: "bin/\(name)").path)
      }
      try InstallScript(for: workspace.plans).text.write(
        to: folder.appending(path: "install.sh"), atomically: true, encoding: .utf8)
      let process = Process()
      process.executableURL = URL(filePath: "/bin/sh")
      process.arguments = [folder.appending(path: "install.sh").path]
      process.environment = ["PATH": folder.appending(path: "bin").path]
      let error = Pipe()
      process.standardError = error
      try process.run()
      let said = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      return (process.terminationStatus, (try? String(contentsOfFile: log, encoding: .utf8)) ?? "", said)
    }
  }

  private static let all = [
    "git", "curl", "jq", "unzip", "docker", "kubectl", "ansible-playbook", "packer", "goss", "cut", "sed", "sha256sum",
  ]

  @Test func whereEverythingIsNothingIsDone() throws {
    let (status, log, said) = try run(Self.runtime, having: Self.all, offering: [])
    #expect(status == 0 && log.isEmpty && said.isEmpty, "\(log)\(said)")
  }

  @Test func whatTheDistributionHasIsInstalled() throws {
    let (status, log, said) = try run(
      Self.runtime + "machine: {}\n", having: Self.all.filter { !["packer", "ansible-playbook", "git"].contains($0) },
      offering: ["packer"])
    #expect(status == 0)
    #expect(said == "kiln: installing git ansible packer\n")
    #expect(
      log == "apt-get update -qq\napt-get install -y -qq --no-install-recommends git ansible packer\n")
  }

  /// The maker's answer is nothing here: nothing is put in its place.
  @Test func whatItHasNotComesFromItsMaker() throws {
    let (status, log, said) = try run(
      Self.runtime, having: Self.all.filter { $0 != "goss" }, offering: [])
    #expect(status != 0)
    #expect(said == "kiln: downloading goss\n")
    #expect(log.contains("curl -fsSL --proto =https https://github.com/goss-org/goss/releases/download/v"))
  }

  @Test func onlyWhatTheSpecsNeed() {
    let text = InstallScript(for: SampleWorkspace(Self.runtime).plans).text
    #expect(text.contains("lacks docker") && !text.contains("lacks kubectl") && !text.contains("lacks packer"))
    #expect(InstallScript(for: nil).text.contains("lacks kubectl"))
  }
}

extension Dictionary where Key == String {
  fileprivate func mapKeys(_ transform: (String) -> String) -> [String: Value] {
    [String: Value](uniqueKeysWithValues: map { (transform($0.key), $0.value) })
  }
}
