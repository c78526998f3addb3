import Foundation
import HostileStrings
import KilnDiagnostics
import KilnHTTP
import KilnProcesses
import KilnTesting
import Testing

@testable import KilnDeploy

/// curl itself and a server that writes down what it gets; skipped where curl or python3 is missing.
@Suite(.serialized, .enabled(if: HookServer.canRun, "needs curl and python3"))
struct WebhookServerTests {
  @Test func theBodyArrivesByteByByte() async throws {
    try await HookServer.run { server in
      let curl = Tool("curl", SystemProcesses())
      let notifier = Notifier(
        [.init(.webhook, variable: "A"), .init(.slack, variable: "B")],
        environment: ["A": "\(server.address)/generic?x=$(id)&y=%22", "B": "\(server.address)/slack"], curl: curl)
      var sent: [String] = []
      for (index, text) in hostileStrings.enumerated() {
        let notification = KilnDeploy.Notification(
          id: "\(index)", .deploymentFailed, customer: text, stage: text, workload: text, reason: text, release: 1,
          commits: [ReleaseCommit](repeating: ReleaseCommit(hash: "a1", author: text, subject: text), count: 50))
        #expect(await notifier.send(notification) == [])
        sent += [NotificationTarget.Kind.webhook, .slack].map {
          NotificationTarget($0, variable: "A").body(notification)
        }
      }
      let got = try server.requests()
      #expect(got.map(\.body) == sent)
      #expect(Set(got.map(\.path)) == ["/generic?x=$(id)&y=%22", "/slack"])
      #expect(Set(got.map(\.type)) == ["application/json; charset=utf-8"])
    }
  }

  @Test func redirectsAreNotFollowedAndServersAreAskedTwice() async throws {
    try await HookServer.run { server in
      let notifier = Notifier(
        [.init(.webhook, variable: "A"), .init(.webhook, variable: "B")],
        environment: ["A": "\(server.address)/302", "B": "\(server.address)/503"],
        curl: Tool("curl", SystemProcesses()), pause: { _ in })
      let warnings = await notifier.send(failedDeployment)
      #expect(
        warnings.map(\.message) == [
          "the webhook ($A) did not get the message \"deployment-failed\": it answered with status 302, and redirects are not followed",
          "the webhook ($B) did not get the message \"deployment-failed\": it answered with status 503",
        ])
      let paths = try server.requests().map(\.path)
      #expect(paths == ["/302", "/503", "/503"])
    }
  }

  @Test func nothingListens() async {
    let notifier = Notifier(
      [.init(.webhook, variable: "A")], environment: ["A": "http://127.0.0.1:1/canary"],
      curl: Tool("curl", SystemProcesses()), pause: { _ in })
    #expect(
      await notifier.send(failedDeployment).map(\.message) == [
        "the webhook ($A) did not get the message \"deployment-failed\": nothing answers there"
      ])
  }

  @Test func pagesAreAsked() async throws {
    try await HookServer.run { server in
      let curl = Tool("curl", SystemProcesses())
      #expect(
        await PageRequest("\(server.address)/page", curl: curl).answer() == .page(status: 200, body: "one\ntwo\n"))
      #expect(await PageRequest("\(server.address)/503", curl: curl).answer() == .page(status: 503, body: ""))
      #expect(await PageRequest("\(server.address)/302", curl: curl).answer() == .page(status: 302, body: ""))
      #expect(await PageRequest("http://127.0.0.1:1/", curl: curl).answer() == .none("nothing answers there"))
      #expect(
        await PageRequest("file:///etc/passwd", curl: curl).answer()
          == .none("curl does not speak the address's protocol"))
    }
  }
}

/// A server on this machine for one test.
struct HookServer {
  struct Request: Decodable {
    let path: String
    let type: String
    let body: String
  }

  let address: String
  private let log: URL

  static let canRun: Bool = ["curl", "python3"].allSatisfy { program in
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
    }
  }

  private static let script = """
    import http.server, json, os, sys, threading, time
    def end():
        while not os.path.exists(sys.argv[1] + ".end"): time.sleep(0.1)
        os._exit(0)
    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self, body):
            status = {"/302": 302, "/503": 503}.get(self.path, 200)
            page = b"one\\ntwo\\n" if self.path == "/page" else b""
            self.send_response(status)
            if status == 302: self.send_header("Location", "/followed")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)
        def do_GET(self): self.answer("")
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            with open(sys.argv[1], "a") as log:
                log.write(json.dumps({"path": self.path, "type": self.headers["Content-Type"], "body": body}) + "\\n")
            self.answer(body)
        def log_message(self, *arguments): pass
    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=end, daemon=True).start()
    with open(sys.argv[1] + ".new", "w") as port: port.write(str(server.server_port))
    os.rename(sys.argv[1] + ".new", sys.argv[1] + ".port")
    server.serve_forever()
    """

  static func run(_ body: (HookServer) async throws -> Void) async throws {
    try await withFolder { folder in
      let log = folder.appending(path: "log")
      // By what waits for nobody's thread: tests run on a few.
      let serving = Task { try await Tool("python3", SystemProcesses()).output(["-c", script, log.path]) }
      let result: Result<Void, any Error>
      do {
        var port = ""
        for _ in 0..<300 where port.isEmpty {
          try await Task.sleep(for: .milliseconds(100))
          port = (try? String(contentsOf: log.appendingPathExtension("port"), encoding: .utf8)) ?? ""
        }
        try await body(HookServer(address: "http://127.0.0.1:\(port)", log: log))
        result = .success(())
      } catch { result = .failure(error) }
      try Data().write(to: log.appendingPathExtension("end"))
      _ = await serving.result
      try result.get()
    }
  }

  func requests() throws -> [Request] {
    let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
    return try text.split(separator: "\n").map { try JSONDecoder().decode(Request.self, from: Data($0.utf8)) }
  }
}
