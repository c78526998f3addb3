import HostileStrings
import KilnDiagnostics
import KilnProcesses
import KilnTesting
import Synchronization
import Testing

@testable import KilnDeploy

struct NotifierTests {
  private static let canary = "https://hooks.example/canary"
  private static let command = "curl -q --config -"

  private static func notifier(
    _ runner: ScriptedRunner, _ kind: NotificationTarget.Kind = .webhook, url: String? = canary,
    pauses: Pauses = Pauses()
  ) -> Notifier {
    Notifier(
      [NotificationTarget(kind, variable: "HOOK")], environment: url.map { ["HOOK": $0] } ?? [:],
      curl: Tool("curl", runner), pause: { pauses.add($0) })
  }

  final class Pauses: Sendable {
    private let all = Mutex<[Duration]>([])
    func add(_ duration: Duration) { all.withLock { $0.append(duration) } }
    var list: [Duration] { all.withLock { $0 } }
  }

  @Test func theRequestIsReadFromStandardInput() async throws {
    let runner = ScriptedRunner([.run(Self.command, output: "200")])
    #expect(await Self.notifier(runner).send(failedDeployment) == [])
    let call = try #require(runner.calls.first)
    #expect(call.arguments == ["-q", "--config", "-"])
    #expect(call.environment.isEmpty)
    let lines = String(decoding: call.input, as: UTF8.self).split(separator: "\n")
    #expect(
      lines.filter { !$0.hasPrefix("data-raw") } == [
        "silent", "globoff", "connect-timeout = 10", "max-time = 10", "max-redirs = 0", #"proto = "=https""#,
        #"user-agent = "kiln""#, #"url = "https://hooks.example/canary""#,
        #"header = "Content-Type: application/json; charset=utf-8""#, #"header = "Expect:""#,
        #"output = "/dev/null""#, #"write-out = "%{http_code}""#,
      ])
    #expect(lines.contains { $0.hasPrefix(#"data-raw = "{\"commits\": "#) })
    runner.finish()
  }

  @Test func anEventIsSentOnce() async {
    let runner = ScriptedRunner([.run(Self.command, output: "200"), .run(Self.command, output: "200")])
    let notifier = Self.notifier(runner, .slack)
    #expect(await notifier.send(failedDeployment) == [])
    #expect(await notifier.send(failedDeployment) == [])
    #expect(runner.calls.count == 1)
    let other = Notification(id: "other", .deploymentFailed, customer: "acme", stage: "qa")
    #expect(await notifier.send(other) == [])
    runner.finish()
  }

  struct Answer: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let output: String
    let code: Int32
    let isRepeated: Bool
    let reason: String
  }

  @Test(arguments: [
    Answer(
      testDescription: "not there", output: "404", code: 0, isRepeated: false, reason: "it answered with status 404"),
    Answer(
      testDescription: "redirect", output: "302", code: 0, isRepeated: false,
      reason: "it answered with status 302, and redirects are not followed"),
    Answer(testDescription: "server", output: "503", code: 0, isRepeated: true, reason: "it answered with status 503"),
    Answer(testDescription: "refused", output: "000", code: 7, isRepeated: true, reason: "nothing answers there"),
    Answer(testDescription: "name", output: "000", code: 6, isRepeated: true, reason: "the host's name is not known"),
    Answer(testDescription: "timeout", output: "000", code: 28, isRepeated: false, reason: "no answer in 10 s"),
    Answer(
      testDescription: "broken off", output: "000", code: 56, isRepeated: false, reason: "the connection broke off"),
    Answer(
      testDescription: "certificate", output: "000", code: 60, isRepeated: false,
      reason: "the certificate is not trusted"),
    Answer(testDescription: "signal", output: "", code: 130, isRepeated: false, reason: "curl was ended by signal 2"),
    Answer(testDescription: "no status", output: "", code: 0, isRepeated: false, reason: "it answered with status 0"),
  ])
  func whatIsNotTakenIsAWarning(answer: Answer) async {
    let step = ScriptedRunner.Step.run(
      Self.command, output: answer.output, error: "curl: could not resolve \(Self.canary)", code: answer.code)
    let runner = ScriptedRunner(answer.isRepeated ? [step, step] : [step])
    let pauses = Pauses()
    let warnings = await Self.notifier(runner, pauses: pauses).send(failedDeployment)
    #expect(
      warnings == [
        Diagnostic(
          "notify.failed", "the webhook ($HOOK) did not get the message \"deployment-failed\": \(answer.reason)",
          severity: .warning)
      ])
    #expect(pauses.list == (answer.isRepeated ? [.seconds(1)] : []))
    runner.finish()
  }

  @Test func aSecondAttemptMayGoWell() async {
    let runner = ScriptedRunner([.run(Self.command, output: "000", code: 7), .run(Self.command, output: "204")])
    #expect(await Self.notifier(runner).send(failedDeployment) == [])
    runner.finish()
  }

  private static let addresses: [(url: String?, id: String, message: String)] = [
    (nil, "notify.secret", "Slack ($HOOK) is not notified: the variable HOOK is not set"),
    ("", "notify.secret", "Slack ($HOOK) is not notified: the variable HOOK is not set"),
    (
      "http://canary.example/x", "notify.address",
      "Slack ($HOOK) is not notified: it does not begin with https://, and the host is not this machine"
    ),
    (
      "canary\nurl = x", "notify.address",
      "Slack ($HOOK) is not notified: it is no address of the form https://HOST/PATH"
    ),
  ]

  @Test(arguments: addresses)
  func anAddressThatCannotBeUsedIsAWarning(url: String?, id: String, message: String) async {
    let runner = ScriptedRunner([])
    let notifier = Self.notifier(runner, .slack, url: url)
    let expected = [Diagnostic(id, message, severity: .warning)]
    #expect(notifier.problems == expected)
    #expect(await notifier.send(failedDeployment) == expected)
  }

  @Test func oneThatFailsDoesNotKeepTheOtherFromBeingSent() async {
    let runner = ScriptedRunner([.missing(Self.command), .run(Self.command, output: "200")])
    let notifier = Notifier(
      [NotificationTarget(.webhook, variable: "A"), NotificationTarget(.slack, variable: "B")],
      environment: ["A": Self.canary, "B": Self.canary], curl: Tool("curl", runner), pause: { _ in })
    let warnings = await notifier.send(failedDeployment)
    #expect(
      warnings.map(\.message) == [
        "the webhook ($A) did not get the message \"deployment-failed\": curl is not on the PATH"
      ])
    runner.finish()
  }

  @Test(arguments: hostileStrings)
  func foreignTextIsOneLineOfTheConfig(text: String) async throws {
    let runner = ScriptedRunner([.run(Self.command, output: "200")])
    _ = await Self.notifier(runner).send(
      Notification(id: "1", .deploymentFailed, customer: text, stage: text, reason: text))
    let input = String(decoding: try #require(runner.calls.first).input, as: UTF8.self)
    #expect(input.split(separator: "\n").count == 13)
    #expect(!input.contains("\r"))
  }
}
