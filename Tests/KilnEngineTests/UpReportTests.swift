import Foundation
import KilnConsole
import KilnDiagnostics
import KilnGeneration
import KilnProcesses
import KilnTesting
import SystemPackage
import Testing

@testable import KilnEngine

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What `kiln up` says of what is there already.
struct UpReportTests {
  private static let filter = "--filter label=com.docker.compose.project=acme"
  private static let state =
    #"{"ID":"c1","Service":"app","State":"running","Health":"healthy","ExitCode":0,"Publishers":[]}"#
  private static let rest = """
    }
    services: {mariadb: {database: shop, user: shop, password: DB}}
    secrets: {DB: {env: ACME_DB}}
    """

  private func up(_ workspace: EngineWorkspace, port: Int? = nil, isQuiet: Bool = true) async throws {
    try await EnvironmentUp(
      plan: workspace.plan, ports: port.map { ["app": $0] } ?? [:], isFollowing: false, isBuilding: false, timeout: 60,
      project: nil,
      isAdopting: false, isQuiet: isQuiet
    ).run(workspace.loaded, workspace.context)
  }

  /// In any order, what every start asks.
  private func steps(_ root: URL, password: String? = nil) -> [ScriptedRunner.Step] {
    let own = WorkspaceIdentity(root: FilePath(root.path)).id
    return [
      .run("docker version --format {{.Server.Version}}", output: "27\n"),
      .run("docker ps --all \(Self.filter) --format {{.Names}}…"),
      .run("docker network ls \(Self.filter) --format …"),
      .run(
        "docker volume ls --format …",
        output: password.map { "acme_mariadb-data|acme \($0)|\(own)|\(root.path)\n" } ?? ""),
      .run("docker image inspect --format {{.Id}} acme/app:…", output: "sha256:aaa\n"),
      .run("docker ps --all --quiet \(Self.filter)"), .run("docker ps --all --quiet \(Self.filter)"),
      .run("docker compose --project-name acme --file …", output: "Container acme-app-1 Starting\n"),
      .run("docker compose --project-name acme ps --all --format json", output: Self.state + "\n"),
    ]
  }

  /// Compose replaces by more than images; `…no-trunc` is asked before and after.
  @Test(arguments: [
    (
      "c1|app|a|d|running|app\nc2|redis|r|d|running|service\n",
      "c3|app|a|d|running|app\nc4|redis|r|d|running|service\n", "replaced: app, redis"
    ),
    (
      "c1|app|a|d|running|app\nc2|redis|r|d|running|service\n",
      "c3|app|a|d|running|app\nc2|redis|r|d|running|service\n", "replaced: app"
    ),
    ("c1|app|a|d|running|app\n", "c1|app|a|d|running|app\n", "nothing was replaced"),
    ("c1|app|a|d|running|app\nc2|redis|r|d|running|service\n", "c1|app|a|d|running|app\n", "removed: redis"),
  ]) func whatWasReplacedIsWhatHasAnotherContainer(_ former: String, _ later: String, _ said: String) async throws {
    try await withFolder { root in
      let listing =
        "docker ps --all --no-trunc \(Self.filter) --filter label=com.docker.compose.oneoff=False --format …"
      let runner = ScriptedRunner(
        steps(root) + [.run(listing, output: former), .run(listing, output: later)], isOrdered: false)
      let workspace = try EngineWorkspace(root, runner)
      try await up(workspace, isQuiet: false)
      runner.finish()
      #expect(workspace.recorded.error.hasSuffix("note: acme was up already; \(said)\n"))
    }
  }

  @Test func quietIsWithoutComposesProgress() async throws {
    try await withFolder { root in
      let runner = ScriptedRunner(steps(root), isOrdered: false)
      let workspace = try EngineWorkspace(root, runner)
      try await up(workspace)
      runner.finish()
      #expect(workspace.recorded.error == "")
    }
  }

  /// The database itself says whether it takes the password that the service has now.
  @Test(arguments: [
    (1, "ERROR 1045 (28000): Access denied for user 'shop'@'%'", true), (0, "", false),
    // It does not run: a password other than the one that it was made with is a sign, of another key's none.
    (1, "service \"mariadb\" is not running", false),
  ]) func aPasswordThatTheDatabaseRefusesIsReported(_ code: Int, _ error: String, _ isReported: Bool) async throws {
    try await withFolder { root in
      let runner = ScriptedRunner(
        steps(root, password: "0123abcd.0123") + [
          .run("docker image inspect --format {{.Id}} acme/mariadb:…", output: "sha256:bbb\n"),
          .run("docker info …", output: #"["name=rootless"]"#),
          .run(
            "docker compose --project-name acme exec --no-TTY --user mysql mariadb sh -c …", error: error,
            code: Int32(code)),
        ], isOrdered: false)
      let workspace = try EngineWorkspace(root, runner, rest: Self.rest, variables: ["ACME_DB": "s3cret"])
      try await up(workspace)
      runner.finish()
      let folder = LocalFolder(FilePath(root.path), "acme")
      SecretFiles.remove(named: LocalState(readingFrom: folder).secrets)
      let expected = """
        warning: the database of mariadb refuses the value of DB: it keeps the password that it had before [up.password]
          = help: change the password of shop in the database (docs/local.md says how); or `kiln down acme --volumes` and start again with an empty database

        """
      #expect(workspace.recorded.error == (isReported ? expected : ""))
    }
  }

  @Test func anEmptySecretIsNotAMissingOne() async throws {
    try await withFolder { root in
      let workspace = try EngineWorkspace(root, ScriptedRunner([]), rest: Self.rest, variables: ["ACME_DB": ""])
      let text = await EngineWorkspace.message { try await up(workspace) }
      #expect(text.hasPrefix("error: the variable ACME_DB is empty; secret DB of acme needs it [up.secret]\n"))
    }
  }

  /// A socket that listens at a port of 127.0.0.1.
  private func listener() throws -> (descriptor: Int32, port: Int) {
    #if canImport(Glibc)
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    try withUnsafeMutablePointer(to: &address) { pointer in
      try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        try #require(bind(descriptor, $0, size) == 0 && listen(descriptor, 1) == 0)
        try #require(getsockname(descriptor, $0, &size) == 0)
      }
    }
    return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
  }

  @Test func aPortThatWasAskedForAndIsInUseIsAnError() async throws {
    try await withFolder { root in
      let (server, port) = try listener()
      defer { close(server) }
      let runner = ScriptedRunner(
        Array(steps(root).prefix(4)) + [.run("docker compose --project-name acme ps --all --format json")])
      let workspace = try EngineWorkspace(root, runner)
      let text = await EngineWorkspace.message { try await up(workspace, port: port) }
      runner.finish()
      #expect(
        text == """
          error: port \(port) of this machine is in use by another program [up.port]
            = help: `ss -ltnp` shows which program uses \(port); without --port, app uses a free port

          """)
    }
  }

  @Test func whoInterruptsAStartIsToldWhatStillStarts() {
    let error = EnvironmentStart.interrupted("acme")
    #expect(
      error.kind == .interrupted && error.diagnostics.first?.message == "interrupted; acme is only partly started")
    #expect(error.diagnostics.first?.suggestion?.contains("`kiln down acme`") == true)
  }
}
