import Foundation
import Testing
import Yams

/// Runs the `run:` blocks of a GitHub workflow in order, as a runner of GitHub's does it. An expression that it does not know
/// fails the test.
final class WorkflowRun {
  private let root: URL
  private let workflow: Node
  private let secrets: [String: String]
  var context: [String: String]
  /// What runners set besides.
  var environment: [String: String] = [:]
  private(set) var results: [String: String] = [:]
  private(set) var log = ""
  /// The step that failed.
  private(set) var failed: (step: String, status: Int32)?

  init(_ file: URL, in root: URL, secrets: [String: String], context: [String: String]) throws {
    self.root = root
    self.secrets = secrets
    self.context = context
    workflow = try #require(try Yams.compose(yaml: String(contentsOf: file, encoding: .utf8)))
  }

  /// - Parameter names: Only these jobs; all without.
  func run(only names: [String]? = nil) throws {
    for (key, job) in workflow["jobs"]?.mapping ?? [:] {
      let id = key.string ?? ""
      if let names, !names.contains(id) { continue }
      let needs = job["needs"]?.array().compactMap(\.string) ?? []
      let isReady = needs.allSatisfy { results[$0] == "success" }
      let condition = job["if"]?.string
      let ignoresNeeds = condition?.contains("cancelled()") ?? false
      guard isReady || ignoresNeeds, try condition.map({ try isTrue($0, hasFailed: false) }) ?? true else {
        results[id] = "skipped"
        continue
      }
      results[id] = try run(job, id)
    }
  }

  private func run(_ job: Node, _ id: String) throws -> String {
    var hasFailed = false
    let output = root.deletingLastPathComponent().appending(path: "output-\(id)")
    for step in job["steps"]?.array() ?? [] {
      guard let script = step["run"]?.string else {
        #expect(step["uses"]?.string?.contains(/@[0-9a-f]{40}$/) == true)
        continue
      }
      let name = step["name"]?.string ?? ""
      let condition = step["if"]?.string
      guard try condition.map({ try isTrue($0, hasFailed: hasFailed) }) ?? !hasFailed else { continue }
      var variables = environment
      variables["GITHUB_OUTPUT"] = output.path
      variables["GITHUB_STEP_SUMMARY"] = output.path + ".summary"
      variables["GITHUB_WORKSPACE"] = root.path
      for map in [workflow["env"], step["env"]] {
        for (key, value) in map?.mapping ?? [:] { variables[key.string ?? ""] = try text(value.string ?? "") }
      }
      let file = root.deletingLastPathComponent().appending(path: "step.sh")
      try text(script).write(to: file, atomically: true, encoding: .utf8)
      let folder = root.appending(path: workflow["defaults"]?["run"]?["working-directory"]?.string ?? ".")
      let result = try sh("exec sh -e '\(file.path)'", in: folder, environment: variables, expecting: nil)
      log += "\(id): \(name)\n\(result.output)\(result.error)"
      if result.status != 0, !hasFailed {
        hasFailed = true
        failed = (name, result.status)
      }
    }
    for line in ((try? String(contentsOf: output, encoding: .utf8)) ?? "").split(separator: "\n") {
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { context["needs.\(id).outputs.\(parts[0])"] = String(parts[1]) }
    }
    return hasFailed ? "failure" : "success"
  }

  /// A text with its expressions evaluated.
  private func text(_ text: String) throws -> String {
    var out = ""
    var rest = text[...]
    while let start = rest.range(of: "${{ "), let end = rest[start.upperBound...].range(of: " }}") {
      out += rest[..<start.lowerBound]
      out += try value(String(rest[start.upperBound..<end.lowerBound]))
      rest = rest[end.upperBound...]
    }
    return out + rest
  }

  /// `A && B || C` and terms of these.
  private func value(_ expression: String) throws -> String {
    if let range = expression.range(of: " || ") {
      let first = try value(String(expression[..<range.lowerBound]))
      return first.isEmpty || first == "false" ? try value(String(expression[range.upperBound...])) : first
    }
    if let range = expression.range(of: " && ") {
      let first = try value(String(expression[..<range.lowerBound]))
      return first.isEmpty || first == "false" ? "" : try value(String(expression[range.upperBound...]))
    }
    for (sign, isEqual) in [(" == ", true), (" != ", false)] {
      if let range = expression.range(of: sign) {
        let (one, two) = (
          try value(String(expression[..<range.lowerBound])), try value(String(expression[range.upperBound...]))
        )
        return (one == two) == isEqual ? "true" : "false"
      }
    }
    if let match = expression.wholeMatch(of: /contains\((.+), '(.*)'\)/) {
      return try value(String(match.1)).contains(match.2) ? "true" : "false"
    }
    if let match = expression.wholeMatch(of: /format\('(.*)', (.+)\)/) {
      return String(match.1).replacing("{0}", with: try value(String(match.2)))
    }
    if let match = expression.wholeMatch(of: /'(.*)'/) { return String(match.1) }
    if let match = expression.wholeMatch(of: /secrets\.([A-Za-z0-9_]+)/) {
      return try #require(secrets[String(match.1)])
    }
    if let match = expression.wholeMatch(of: /needs\.([a-z_]+)\.result/) { return results[String(match.1)] ?? "" }
    if let match = expression.wholeMatch(of: /steps\..+/) { return String(match.0) }
    return try #require(context[expression], "no such value: \(expression)")
  }

  private func isTrue(_ condition: String, hasFailed: Bool) throws -> Bool {
    var condition = condition
    for (function, value) in [
      ("failure()", hasFailed), ("always()", true), ("!cancelled()", true),
    ] { condition = condition.replacing(function, with: value ? "'true'" : "''") }
    if hasFailed, !condition.contains("'true'") { return false }
    let found = try value(condition)
    return !found.isEmpty && found != "false"
  }
}

/// Jobs of `.gitlab-ci.yml` as the shell that a runner of GitLab's makes of them.
struct GitLabRun {
  private let file: Node

  init(_ url: URL) throws { file = try #require(try Yams.compose(yaml: String(contentsOf: url, encoding: .utf8))) }

  func script(of name: String) throws -> String {
    let job = try #require(file[name])
    let lines = (file["default"]?["before_script"]?.array() ?? []) + (job["script"]?.array() ?? [])
    return lines.compactMap(\.string).joined(separator: "\n") + "\n"
  }

  func isManual(_ name: String) throws -> Bool {
    try #require(file[name])["rules"]?.array().contains { $0["when"]?.string == "manual" } ?? false
  }
}

/// A server that takes webhooks and comments, and writes down what it was sent.
final class WebhookLog {
  let url: String
  private let folder: URL
  private let process = Process()

  private static let server = """
    import http.server, json, os, sys
    folder = sys.argv[1]
    comments = []
    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            with open(folder + "/requests", "a") as file:
                file.write(json.dumps({"request": self.command + " " + self.path, "body": body}) + "\\n")
            if self.command == "POST" and "/api/" in self.path:
                assert self.headers["Authorization"] == "Bearer github-canary"
                comments.append({"id": 41, "user": {"login": "github-actions[bot]"}, "body": json.loads(body)["body"]})
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(comments if self.command == "GET" else {}).encode())
        do_GET = do_POST = do_PATCH = answer
        def log_message(self, *arguments): pass
    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    with open(folder + "/port.new", "w") as file: file.write(str(server.server_port))
    os.rename(folder + "/port.new", folder + "/port")
    server.serve_forever()
    """

  init(in folder: URL) throws {
    self.folder = folder
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", Self.server, folder.path]
    // Whoever reads what the tests print waits for all that could still print.
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    let port = try sh("for i in $(seq 100); do [ -e port ] && exec cat port; sleep 0.1; done; exit 1", in: folder)
      .output
    url = "http://127.0.0.1:\(port)"
  }

  /// It has the signals blocked that tests' threads block.
  func stop() {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  private var entries: [[String: String]] {
    ((try? String(contentsOf: folder.appending(path: "requests"), encoding: .utf8)) ?? "").split(separator: "\n")
      .compactMap { try? JSONDecoder().decode([String: String].self, from: Data($0.utf8)) }
  }

  var requests: [String] { entries.compactMap { $0["request"] } }
  /// The body of the last that had one.
  var last: String { entries.compactMap { $0["body"] }.last { !$0.isEmpty } ?? "" }
  /// Of notifications, in order.
  var events: [String] {
    entries.compactMap { entry in
      let body = try? JSONSerialization.jsonObject(with: Data((entry["body"] ?? "").utf8)) as? [String: Any]
      return body?["event"] as? String
    }
  }
}
