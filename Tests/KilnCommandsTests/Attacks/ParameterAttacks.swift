import ArgumentParser
import Foundation
import KilnConsole
import KilnTesting
import Synchronization
import Testing

@testable import KilnCommands

extension Attacks {
  /// Parameters files that are no files, and several who patch one.
  @Suite struct Parameters {
    private func run(_ context: TestContext, _ arguments: String...) throws {
      try PatchCommand.parse(arguments).run(in: context)
    }

    private func write(_ text: String, _ file: URL) throws { try Data(text.utf8).write(to: file) }

    @Test(.timeLimit(.minutes(15))) func aFIFOIsNotWaitedFor() throws {
      try withFolder { folder in
        #expect(mkfifo(folder.appending(path: "fifo").path, 0o600) == 0)
        let context = TestContext(folder)
        try write(#"{"parameters": {"x": {"value": 1}}}"#, folder.appending(path: "p.json"))
        try write(ParametersCommandTests.log, folder.appending(path: "packer.log"))
        for arguments in [
          ["fifo", "--set", "x=2"], ["p.json", "--set", "x=2", "--template", "fifo"], ["/dev/zero", "--set", "x=2"],
          ["fifo", "--set", "x=2", "--check"],
          ["p.json", "--log", "packer.log", "--manifest", "fifo", "--artifact", "x=vhd"],
        ] {
          context.clear()
          #expect(throws: KilnExit.problems) { try PatchCommand.parse(arguments).run(in: context) }
          #expect(context.error.contains("not a regular file"), "\(arguments): \(context.error)")
        }
      }
    }

    /// 141 of 200 changes were lost, and each said that it was done.
    @Test func nobodysChangeIsLost() throws {
      try withFolder { folder in
        for name in ["p.json", "q.json"] {
          try write(#"{"parameters": {"x": {"value": 1}}}"#, folder.appending(path: name))
        }
        let failures = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: 100) { number in
          // In either order: none waits for one that waits for it.
          let files = number.isMultiple(of: 2) ? ["p.json", "q.json"] : ["q.json", "p.json"]
          do {
            try PatchCommand.parse(files + ["--set", "added\(number)=\(number)", "--add"]).run(
              in: TestContext(folder).context)
          } catch { failures.withLock { $0 += 1 } }
        }
        #expect(failures.withLock { $0 } == 0)
        for name in ["p.json", "q.json"] {
          let json = try JSONSerialization.jsonObject(with: Data(contentsOf: folder.appending(path: name)))
          let parameters = (json as? [String: Any])?["parameters"] as? [String: Any]
          #expect(parameters?.count == 101, "\(name)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 2)
      }
    }

    @Test func oneFileUnderTwoNamesIsRefused() throws {
      try withFolder { folder in
        try write(#"{"parameters": {"x": {"value": 1}}}"#, folder.appending(path: "p.json"))
        let link = folder.appending(path: "l.json").path
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "p.json")
        let context = TestContext(folder)
        #expect(throws: KilnExit.problems) { try run(context, "p.json", "l.json", "--set", "x=2") }
        #expect(context.error.contains("is named twice"))
      }
    }

    @Test func anEmptySecretIsRefused() throws {
      try withFolder { folder in
        let file = folder.appending(path: "p.json")
        try write(#"{"parameters": {"x": {"value": "@@X@@"}}}"#, file)
        let context = TestContext(folder, environment: ["EMPTY": ""])
        for option in ["--set-env", "--token-env"] {
          let value = option == "--set-env" ? "x=EMPTY" : "@@X@@=EMPTY"
          #expect(throws: KilnExit.problems) { try run(context, "p.json", option, value) }
          #expect(context.error.contains("\"EMPTY\" is empty") && context.error.contains("--allow-empty"))
        }
        try run(context, "p.json", "--token-env", "@@X@@=EMPTY", "--allow-empty")
        #expect(try String(contentsOf: file, encoding: .utf8).contains(#""value": """#))
      }
    }

    @Test func tokensThatAreLeftAreReported() throws {
      try withFolder { folder in
        let text =
          #"{"parameters": {"x": {"value": "@@X@@"}, "y": {"value": "a __Y_1__ @@Z@@ @@ __ _a_"}, "z": {"value": "s"}}}"#
        try write(text + " // @@NOT@@", folder.appending(path: "p.json"))
        try write(
          #"{"parameters": {"x": {"type": "string"}, "y": {"type": "string"}, "z": {"type": "string"}}}"#,
          folder.appending(path: "t.json"))
        let context = TestContext(folder, environment: ["S": "@@SECRET@@"])
        #expect(throws: KilnExit.problems) {
          try run(context, "p.json", "--token", "@@X@@=1", "--template", "t.json")
        }
        #expect(context.error.contains("2 errors"), "\(context.error)")
        context.clear()
        try run(context, "p.json", "--token", "@@X@@=@@NEW@@", "--set-env", "z=S")
        for token in ["__Y_1__", "@@Z@@", "@@NEW@@"] {
          #expect(context.error.contains("the token \"\(token)\" is left"), "\(token): \(context.error)")
        }
        #expect(context.error.contains("3 warnings") && !context.error.contains("SECRET"), "\(context.error)")
        try write(
          #"{"parameters": {"x": {"value": "\#(String(repeating: "@@X@@ ", count: 5000))"}}}"#,
          folder.appending(path: "p.json"))
        context.clear()
        try run(context, "p.json", "--set", "x=\(String(repeating: "@@X@@ ", count: 5000))", "--check")
        #expect(context.error.contains("4910 more tokens are left") && context.error.utf8.count < 100_000)
      }
    }
  }
}
