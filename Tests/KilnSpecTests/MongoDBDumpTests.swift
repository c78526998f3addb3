import Foundation
import KilnTesting
import Testing

@testable import KilnSpec

/// What the shell of MongoDB's dump makes of its arguments; programs that print theirs stand for MongoDB's.
struct MongoDBDumpTests {
  private func calls(_ script: (ServiceDefinition.Dump) -> String) throws -> [String] {
    let services = SampleWorkspace("runtime: {base: debian-12}\n").definitions.services
    let dump = try #require(services["mongodb"]?.dump)
    var calls: [String] = []
    try withFolder { folder in
      for program in ["mongodump", "mongorestore", "mongosh"] {
        let file = folder.appending(path: program)
        try "#!/bin/sh\nprintf '%s\\n' \"${0##*/}\" \"$@\" >> '\(folder.path)/calls'\n".write(
          to: file, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
      }
      let process = Process()
      process.executableURL = URL(filePath: "/bin/sh")
      process.arguments = [
        "-c", "set -eu; user=$1; database=$2; password=$3\n" + script(dump), "dump", "shop", "acme-test", "it's",
      ]
      process.environment = ["PATH": "\(folder.path):/usr/bin:/bin"]
      process.standardInput = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
      calls = try String(contentsOf: folder.appending(path: "calls"), encoding: .utf8).split(separator: "\n").map(
        String.init)
    }
    return calls
  }

  /// Whatever database it is from: `--of` restores another customer's.
  @Test func anArchiveOfAnyDatabaseBecomesThisOne() throws {
    let calls = try calls(\.restore)
    let restore = try #require(calls.firstIndex(of: "mongorestore"))
    #expect(try #require(calls.firstIndex(of: "mongosh")) < restore)
    let words = calls[restore...]
    #expect(words.contains("--nsFrom=$from$.$name$") && words.contains("--nsTo=acme-test.$name$"))
    // Accounts are of the server, not of the database.
    #expect(words.contains("--nsExclude=admin.*") && !words.contains { $0.hasPrefix("--nsInclude") })
    #expect(!calls.contains { $0.contains("it's") })
  }

  @Test func aBackupIsOfOneDatabase() throws {
    #expect(try calls(\.backup).contains("--db=acme-test"))
  }
}
