import Foundation
import KilnDiagnostics
import KilnDocuments
import KilnPlan
import KilnProcesses
import KilnTesting
import KilnWorkspace
import Synchronization
import SystemPackage
import Testing

@testable import KilnHosts

struct HostRunTests {
  private static let hosts = """
    version: 1
    group: one
    base: debian-12
    firewall: {ssh: [10.0.0.0/8]}
    https:
      certificate: {local: {}}
      users: {anna: {env: ANNA_PASSWORD}}
      sites: {shop.example.com: {routes: [{port: 8080, users: [anna]}]}}
    hosts: {north: {address: 203.0.113.10}, south: {address: 203.0.113.11}}

    """

  private static let version = ScriptedRunner.Step.run(
    "ansible-playbook --version", output: "ansible-playbook [core 2.19.0]\n")

  private static func stats(_ hosts: [String]) -> String {
    let counts = hosts.map { #""\#($0)": {"ok": 3, "changed": 0, "failures": 0, "unreachable": 0}"# }
    return #"kiln {"event": "stats", "hosts": {\#(counts.joined(separator: ", "))}}"# + "\n"
  }

  private static func result(_ host: String, _ status: String, _ message: String = "") -> String {
    #"kiln {"event": "result", "host": "\#(host)", "message": "\#(message)", "role": "docker", "status": "\#(status)", "task": "Write it"}"#
      + "\n"
  }

  /// - Parameter body: Gets the workspace, with its context.
  private func run(
    _ mode: HostRun.Mode, _ steps: [ScriptedRunner.Step], on names: [String] = [],
    environment: [String: String] = ["ANNA_PASSWORD": "the password"]
  ) async throws -> (results: HostResults, printed: String) {
    try await withFolder { folder in
      try write(["kiln.yaml": "version: 1\n", "hosts/one.yaml": Self.hosts], in: folder)
      let runner = ScriptedRunner(steps)
      let recorded = RecordedContext(folder, environment: environment, processes: runner)
      let loaded = try recorded.context.load(workspace: nil, customers: [], workers: Workers(count: 1))
      #expect(loaded.problems == [])
      let hosts = try loaded.hosts(named: names)
      let outcomes = try await HostRun(loaded, hosts, mode, recorded.context).run()
      runner.finish()
      return (HostResults(hosts, outcomes, mode), recorded.error)
    }
  }

  @Test func hostsThatFailDoNotStopTheOthers() async throws {
    let output =
      #"kiln {"event": "task", "role": "docker", "task": "Write it"}"# + "\n"
      + Self.result("north", "failed", "No space left on device") + Self.result("south", "changed")
      + Self.stats(["north", "south"])
    let (results, printed) = try await run(
      .apply, [Self.version, .run("ansible-playbook --inventory …", output: output, code: 2)])
    #expect(results.summary == "north: failed\nsouth: changed, 1 task\n")
    #expect(printed == "north: failed: docker: Write it\nsouth: docker: 1 changed\n")
    #expect(results.failures.map(\.id) == ["hosts.failed"])
    #expect(results.failures[0].message == "north: docker: Write it failed: No space left on device")
    #expect(results.failures[0].suggestion?.hasPrefix("its disk is full") == true)
  }

  @Test func ansibleGetsAFolderOfItsOwnAndTheNamedHosts() async throws {
    let seen = Mutex<[String]>([])
    let step = ScriptedRunner.Step.run(
      "ansible-playbook --inventory …", output: Self.result("south", "ok") + Self.stats(["south"])
    ) { invocation in
      let folder = try #require(invocation.folder)
      let text = try String(contentsOfFile: folder.appending("inventory.yaml").string, encoding: .utf8)
      #expect(text.contains("ansible_host: \"203.0.113.11\""))
      let values = try String(contentsOfFile: folder.appending("host_vars/south.yaml").string, encoding: .utf8)
      #expect(values.contains("lookup('ansible.builtin.env', 'ANNA_PASSWORD')") && !values.contains("the password"))
      #expect(FileManager.default.fileExists(atPath: folder.appending("roles/firewall/tasks/main.yml").string))
      #expect(invocation.environment["ANSIBLE_CONFIG"] == folder.appending("ansible.cfg").string)
      #expect(!invocation.arguments.joined().contains("the password"))
      seen.withLock { $0 = [folder.string] + invocation.arguments.suffix(5) }
    }
    let (results, _) = try await run(.plan, [Self.version, step], on: ["south"])
    #expect(results.summary == "south: unchanged\n")
    #expect(Array(seen.withLock { $0 }.dropFirst()) == ["--diff", "--check", "--limit", "south", "site.yaml"])
    let folder = seen.withLock { $0.first ?? "" }
    #expect(!folder.isEmpty && !FileManager.default.fileExists(atPath: folder))
  }

  @Test func aMissingPasswordIsSaidBeforeAnythingIsDone() async throws {
    let error = await #expect(throws: CommandError.self) {
      _ = try await run(.apply, [Self.version], environment: [:])
    }
    #expect(
      error?.diagnostics.map(\.message) == ["the variable ANNA_PASSWORD is not set; it holds the password of anna"])
  }

  @Test func anAnsibleThatIsTooOldIsRefused() async throws {
    let old = ScriptedRunner.Step.run("ansible-playbook --version", output: "ansible-playbook [core 2.13.1]\n")
    let error = await #expect(throws: CommandError.self) { _ = try await run(.apply, [old]) }
    #expect(error?.diagnostics.map(\.id) == ["hosts.ansible"])
  }

  @Test func anAnsibleThatEndsEarlyIsAnError() async throws {
    let error = await #expect(throws: CommandError.self) {
      _ = try await run(
        .apply, [Self.version, .run("ansible-playbook --inventory …", output: "ERROR! the role is gone\n", code: 4)])
    }
    #expect(error?.diagnostics.first?.details == ["ERROR! the role is gone"])
  }

  @Test func aPasswordThatAnsiblePrintsIsHidden() async throws {
    let output = Self.result("north", "failed", "said the password aloud") + Self.stats(["north", "south"])
    let (results, _) = try await run(
      .apply, [Self.version, .run("ansible-playbook --inventory …", output: output, code: 2)])
    #expect(results.failures[0].message == "north: docker: Write it failed: said *** aloud")
    // The other one was not seen.
    #expect(results.failures[1].message == "south: Ansible did nothing on it")
  }

  @Test func aHostOrGroupThatIsNotThereIsRefused() async throws {
    let error = await #expect(throws: CommandError.self) { _ = try await run(.apply, [], on: ["nort"]) }
    #expect(error?.diagnostics.first?.suggestion == "did you mean \"north\"?")
  }

  @Test(arguments: [
    ("Failed to connect to the host via ssh: Host key verification failed.", "`ssh-keyscan -p 22 203.0.113.10`"),
    ("Failed to connect to the host via ssh: ssh: connect to host 203.0.113.10 port 22: Connection refused", "nothing"),
    ("root@203.0.113.10: Permission denied (publickey).", "the account root does not take this key"),
    ("non-zero return code\nacme: not healthy\nacme: putting back release 123", "the release before runs again"),
    ("anything else", "mend it and run it again"),
  ])
  func whatToDoIsSaid(_ message: String, _ advice: String) throws {
    let host = try #require(SampleWorkspace(["hosts/one.yaml": Self.hosts]).hosts.first)
    let failure = HostOutcome.Failure(role: "docker", task: "Install", message: message, isUnreachable: false)
    let diagnostic = HostFailure(host: host, failure: failure).diagnostic
    #expect(diagnostic.suggestion?.hasPrefix(advice) == true)
    #expect(diagnostic.location?.file == "hosts/one.yaml")
  }

  @Test func statusSaysWhatDiffers() throws {
    let host = try #require(SampleWorkspace(["hosts/one.yaml": Self.hosts]).hosts.first)
    var outcome = HostOutcome(host: "north")
    outcome.reports["Status"] = try JSONReader.read(
      """
      {"system": "Debian", "kernel": "6.1", "uptime": 7200, "restartNeeded": true, "failedUnits": ["x.service"],
       "disks": [{"path": "/", "size": 10737418240, "free": 1048576}], "versions": {"docker": "20.10", "caddy": null},
       "certificates": [{"domain": "shop.example.com", "days": null}], "listeners": [],
       "stacks": {"acme": {"digest": "a", "wanted": "b", "interrupted": false, "containers": [
         {"service": "care", "state": "running", "health": "healthy"}]}}}
      """)
    outcome.changes = [.init(role: "docker", task: "Write Docker's settings")]
    #expect(
      HostStatus(host, outcome).text == """
        north (one): Debian, kernel 6.1, up 2 h
          versions: docker 20.10
          /: 1 MiB of 10 GiB free
          certificate of shop.example.com: none is served
          stack acme: not well (another release than the one that is wanted; care healthy)
          an update waits for a restart
          trouble: the unit x.service has failed
          trouble: / has 1 MiB left
          trouble: no certificate is served for shop.example.com
          trouble: the stack acme is not well: another release than the one that is wanted; care healthy
          not as its spec says:
            docker: Write Docker's settings

        """)
  }
}
