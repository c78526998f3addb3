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
          ["p.json", "--log", "fifo", "--artifact", "x=vhd"], ["p.json", "--log", "/dev/zero", "--artifact", "x=vhd"],
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

    /// `--output` of the same file, under any name, is patching in place: 15 of 20 changes were lost.
    @Test func nobodysChangeIsLostByOutput() throws {
      try withFolder { folder in
        let file = folder.appending(path: "p.json")
        try write(#"{"parameters": {"x": {"value": 1}}}"#, file)
        try FileManager.default.createDirectory(
          at: folder.appending(path: "d"), withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(
          atPath: folder.appending(path: "l.json").path, withDestinationPath: "p.json")
        let names = ["p.json", "./p.json", "d/../p.json", file.path, "l.json"]
        let failures = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: 60) { number in
          let output = number.isMultiple(of: 6) ? [] : ["--output", names[number % names.count]]
          do {
            try PatchCommand.parse(
              [names[number / 6 % names.count], "--set", "added\(number)=\(number)", "--add"] + output
            ).run(in: TestContext(folder).context)
          } catch { failures.withLock { $0 += 1 } }
        }
        #expect(failures.withLock { $0 } == 0)
        let json = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
        #expect(((json as? [String: Any])?["parameters"] as? [String: Any])?.count == 61)
        let kinds = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(kinds == ["d", "l.json", "p.json"])
        #expect(folder.appending(path: "l.json").isLink)
      }
    }

    /// Who patches the output in its place is waited for, and each result is a whole one.
    @Test func anotherOutputIsHeldAsWell() throws {
      try withFolder { folder in
        try write(#"{"parameters": {"x": {"value": 1}}}"#, folder.appending(path: "p.json"))
        let output = folder.appending(path: "out.json")
        try write("old", output)
        let descriptor = open(output.path, O_RDONLY)
        #expect(flock(descriptor, LOCK_EX) == 0)
        let context = TestContext(folder)
        let group = DispatchGroup()
        DispatchQueue.global().async(group: group) {
          #expect(throws: Never.self) {
            try PatchCommand.parse(["p.json", "--set", "x=2", "--output", "out.json"]).run(in: context.context)
          }
        }
        while !context.error.contains("another kiln patches out.json; waiting") { usleep(1000) }
        #expect(try String(contentsOf: output, encoding: .utf8) == "old")
        close(descriptor)
        group.wait()
        #expect(try String(contentsOf: output, encoding: .utf8).contains(#""value": 2"#))
        DispatchQueue.concurrentPerform(iterations: 20) { number in
          try? PatchCommand.parse(["p.json", "--set", "x=\(number)", "--output", "out.json"]).run(
            in: TestContext(folder).context)
        }
        let text = try String(contentsOf: output, encoding: .utf8)
        #expect((0..<20).contains { text == #"{"parameters": {"x": {"value": \#($0)}}}"# }, "\(text)")
      }
    }

    @Test(.timeLimit(.minutes(15))) func whatIsNoFileIsNotWrittenTo() throws {
      try withFolder { folder in
        let text = #"{"parameters": {"x": {"value": 1}}}"#
        try write(text, folder.appending(path: "p.json"))
        try write("old", folder.appending(path: "real.json"))
        #expect(mkfifo(folder.appending(path: "fifo").path, 0o600) == 0)
        try FileManager.default.createDirectory(at: folder.appending(path: "d"), withIntermediateDirectories: false)
        for (link, target) in [("link", "real.json"), ("none", "absent.json"), ("same", "p.json")] {
          try FileManager.default.createSymbolicLink(
            atPath: folder.appending(path: link).path, withDestinationPath: target)
        }
        let context = TestContext(folder)
        for (output, said) in [
          (["fifo"], "cannot write fifo: it is a FIFO"), (["d"], "cannot write d: it is a folder"),
          (["none"], "none is a symbolic link to a file that is not there"),
          (["link", "--refuse-links"], "link is a symbolic link"), (["none", "--refuse-links"], "none is a symbolic"),
          (["same", "--refuse-links"], "same is a symbolic link"),
        ] {
          context.clear()
          #expect(throws: KilnExit.problems) {
            try PatchCommand.parse(["p.json", "--set", "x=2", "--output"] + output).run(in: context)
          }
          #expect(context.error.contains(said), "\(output): \(context.error)")
        }
        #expect(try String(contentsOf: folder.appending(path: "p.json"), encoding: .utf8) == text)
        try run(context, "p.json", "--set", "x=2", "--output", "link")
        #expect(folder.appending(path: "link").isLink)
        #expect(try String(contentsOf: folder.appending(path: "real.json"), encoding: .utf8).contains("2"))
        try run(context, "p.json", "--set", "x=2", "--output", "/dev/null")
      }
    }

    static let secrets =
      #"{"parameters": {"pw": {"value": "TOPSECRETPW"}, "n": {"value": "bad"}, "zz": {"value": "x"}, "plain": {"value": "ONCESECRET"}, "o": {"value": {"pin": 4711, "s": "INOBJECT"}}, "@@T@@": {"value": "@@T@@ ok"}, "connectionPassword": {"value": "P1@@X@@P2"}}} // "old": "INCOMMENT""#

    /// A minified file is one line: what is wrong is shown, and nobody's value beside it.
    @Test(arguments: [
      ["--set", "n=1", "--template", "t.json"], ["--set", "zz=y", "--diff"], ["--set", "zz=y", "--diff", "--check"],
      ["--token", "@@T@@=1", "--diff"], ["--set", "pw=NEWSECRET", "--diff"], ["--set", "zz=y", "--template", "t.json"],
      ["--set-env", "plain=S", "--diff"], ["--set", "o=NEWSECRET", "--template", "t.json"],
      ["--set", "pwNEWSECRET=x"], ["--token", "@@X@@=NEWSECRET", "--diff"], ["--set", "o=1"], ["broken"], ["unclosed"],
      ["template"], ["--set", "password=NEWSECRET", "--add", "--diff"],
    ]) func noValueButTheOneInQuestionIsShown(_ arguments: [String]) throws {
      try withFolder { folder in
        var text = Self.secrets
        var arguments = arguments
        var template =
          #"{"parameters": {"n": {"type": "int"}, "pw": {"type": "securestring", "maxLength": 3, "defaultValue": "INTEMPLATE"}, "zz": {"type": "int"}, "plain": {"type": "securestring", "allowedValues": ["a"]}, "o": {"type": "secureobject"}, "connectionPassword": {"type": "string"}, "@@T@@": {"type": "string"}}"#
        switch arguments {
        case ["broken"]:
          text.replace(#", "n""#, with: #" "n""#)
          arguments = ["--set", "zz=y"]
        case ["unclosed"]:
          text.replace(#"TOPSECRETPW""#, with: "TOPSECRETPW")
          arguments = ["--set", "zz=y"]
        case ["template"]: arguments = ["--set", "zz=y", "--template", "t.json"]
        default: template += "}"
        }
        try write(text, folder.appending(path: "p.json"))
        try write(template, folder.appending(path: "t.json"))
        let context = TestContext(folder, environment: ["S": "NEWSECRET"])
        try? PatchCommand.parse(["p.json"] + arguments).run(in: context)
        let shown = (context.output + context.error).replacing("pwNEWSECRET", with: "")
        #expect(!shown.isEmpty)
        for value in [
          "TOPSECRETPW", "ONCESECRET", "4711", "INOBJECT", "P1", "P2", "INCOMMENT", "NEWSECRET", "INTEMPLATE",
        ] where !(value == "4711" && !arguments.contains("--template")) {
          #expect(!shown.contains(value), "\(value) \(arguments): \(shown)")
        }
      }
    }

    /// The value in question is shown where it is no secret, and its column is right.
    @Test func theValueInQuestionIsShown() throws {
      try withFolder { folder in
        try write(
          #"{"parameters": {"pw": {"value": "TÖP"}, "uri": {"value": "https://a/@@NAME@@.vhd"}}}"#,
          folder.appending(path: "p.json"))
        let context = TestContext(folder)
        #expect(throws: KilnExit.difference) { try run(context, "p.json", "--set", "pw=x", "--check") }
        #expect(
          context.error.contains(
            """
              1 | {"parameters": {"pw": {"value": "•••"}, "uri": {"value": "https://a/@@NAME@@.vhd"}}}
                |                                                                     ^~~~~~~~
            """), "\(context.error)")
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

extension URL {
  fileprivate var isLink: Bool {
    (try? FileManager.default.attributesOfItem(atPath: path))?[.type] as? FileAttributeType == .typeSymbolicLink
  }
}
