import Foundation
import HostileStrings
import Testing

@testable import KilnSchedule

/// The program that runs a command by a schedule: bash runs it here, with a clock that the test turns.
@Suite(.enabled(if: Bash.has("/bin/bash"), "bash is not here"))
struct ScheduleScriptTests {
  /// bash asks the same minutes to have a run as Swift does.
  @Test func bashAgreesOnEveryMinute() throws {
    var random = Seeded(3)
    var script = "kiln_shift=0\n"
    var expected: [String] = []
    for _ in 0..<60 {
      let schedule = try CronSchedule(randomSchedule(&random))
      script += ScheduleMatch.function(schedule)
      var minutes = (0..<10).map { _ in randomMinute(&random) }
      // Half of them have a run.
      minutes += minutes.compactMap { schedule.next(after: $0) }
      for minute in minutes {
        script += "if kiln_has_run \(Self.number(minute)); then echo yes; else echo no; fi\n"
        expected.append(schedule.matches(minute) ? "yes" : "no")
      }
    }
    let result = try Bash.run(["/bin/bash", "-c", script], zone: "EST5EDT,M3.2.0,M11.1.0")
    #expect(result.output.split(separator: "\n").map(String.init) == expected)
    #expect(expected.count > 1000)
  }

  static let berlin = "CET-1CEST,M3.5.0,M10.5.0/3"

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let schedule: String
    /// What the clock says in UTC: first at the start, then after each sleep and each run.
    let clock: [String]
    /// What is printed after the first line; "2026-" is left out.
    let expected: [String]

    init(_ name: String, _ schedule: String, _ clock: [String], _ expected: [String]) {
      testDescription = name
      self.schedule = schedule
      self.clock = clock
      self.expected = expected
    }
  }

  static let cases: [Case] = [
    .init(
      "a run a day", "0 3 * * *", ["01-10T01:58:30", "01-10T01:59:00", "01-10T02:00:00", "01-10T02:00:07"],
      ["01-10 03:00:00: the run of 03:00 starts", "01-10 03:00:07: the run of 03:00 ended with exit code 0"]),
    .init("not the minute of the start", "0 3 * * *", ["01-10T02:00:01", "01-10T02:01:00", "01-10T02:02:00"], []),
    .init(
      "a sleep that ends early", "* * * * *",
      ["01-10T01:59:30", "01-10T01:59:59", "01-10T02:00:00", "01-10T02:00:00", "01-10T02:00:59"],
      ["01-10 03:00:00: the run of 03:00 starts", "01-10 03:00:00: the run of 03:00 ended with exit code 0"]),
    .init(
      "one run skipped", "* * * * *",
      ["01-10T01:59:30", "01-10T02:00:00", "01-10T02:01:10", "01-10T02:02:00", "01-10T02:02:01"],
      [
        "01-10 03:00:00: the run of 03:00 starts", "01-10 03:01:10: the run of 03:00 ended with exit code 0",
        "the run of 03:01 was skipped: the one before was still running",
        "01-10 03:02:00: the run of 03:02 starts", "01-10 03:02:01: the run of 03:02 ended with exit code 0",
      ]),
    .init(
      "many runs skipped", "*/5 * * * *", ["01-10T01:59:30", "01-10T02:00:00", "01-10T03:01:00", "01-10T03:02:00"],
      [
        "01-10 03:00:00: the run of 03:00 starts", "01-10 04:01:00: the run of 03:00 ended with exit code 0",
        "12 runs from 03:05 to 04:00 were skipped: the one before was still running",
      ]),
    .init(
      "the hour that summer time drops", "30 2 * * *",
      ["03-29T00:58:30", "03-29T00:59:00", "03-29T01:00:00", "03-29T01:00:05", "03-29T01:01:00"],
      ["03-29 03:00:00: the run of 02:30 starts", "03-29 03:00:05: the run of 02:30 ended with exit code 0"]),
    .init(
      "the hour that winter time repeats", "30 2 * * *",
      [
        "10-25T00:29:30", "10-25T00:30:00", "10-25T00:30:05", "10-25T00:59:00", "10-25T01:00:00", "10-25T01:30:00",
        "10-25T02:30:00",
      ],
      ["10-25 02:30:00: the run of 02:30 starts", "10-25 02:30:05: the run of 02:30 ended with exit code 0"]),
    .init(
      "every hour through the hour that is dropped", "30 * * * *",
      [
        "03-29T00:29:30", "03-29T00:30:00", "03-29T00:30:05", "03-29T01:00:00", "03-29T01:01:00", "03-29T01:30:00",
        "03-29T01:30:05",
      ],
      [
        "03-29 01:30:00: the run of 01:30 starts", "03-29 01:30:05: the run of 01:30 ended with exit code 0",
        "03-29 03:30:00: the run of 03:30 starts", "03-29 03:30:05: the run of 03:30 ended with exit code 0",
      ]),
    .init(
      "every hour through the hour that comes twice", "30 * * * *",
      ["10-25T00:29:30", "10-25T00:30:00", "10-25T00:30:05", "10-25T01:00:00", "10-25T01:30:00", "10-25T01:30:05"],
      [
        "10-25 02:30:00: the run of 02:30 starts", "10-25 02:30:05: the run of 02:30 ended with exit code 0",
        "10-25 02:30:00: the run of 02:30 starts", "10-25 02:30:05: the run of 02:30 ended with exit code 0",
      ]),
    .init(
      "a clock that goes forward by half an hour", "*/10 * * * *",
      ["01-10T02:01:00", "01-10T02:02:00", "01-10T02:35:00", "01-10T02:35:05", "01-10T02:36:00"],
      ["01-10 03:35:00: the run of 03:30 starts", "01-10 03:35:05: the run of 03:30 ended with exit code 0"]),
    .init(
      "a clock that goes forward by a day", "0 3 * * *", ["01-10T01:59:00", "01-11T02:10:00", "01-11T02:11:00"], []),
    .init(
      "a clock that goes back by a few minutes", "0 3 * * *",
      ["01-10T01:59:30", "01-10T02:00:00", "01-10T02:00:05", "01-10T01:55:00", "01-10T02:00:00", "01-10T02:01:00"],
      ["01-10 03:00:00: the run of 03:00 starts", "01-10 03:00:05: the run of 03:00 ended with exit code 0"]),
    .init(
      "a clock that goes back by a day", "0 3 * * *",
      ["01-10T01:59:30", "01-10T02:00:00", "01-10T02:00:05", "01-09T01:55:00", "01-09T02:00:00", "01-09T02:00:05"],
      [
        "01-10 03:00:00: the run of 03:00 starts", "01-10 03:00:05: the run of 03:00 ended with exit code 0",
        "01-09 03:00:00: the run of 03:00 starts", "01-09 03:00:05: the run of 03:00 ended with exit code 0",
      ]),
  ]

  @Test(arguments: cases) func runsAtItsTimes(_ one: Case) throws {
    let folder = try ScratchFolder()
    let result = try simulate(one.schedule, one.clock, ["true"], folder.path)
    let lines = result.output.split(separator: "\n").map {
      String($0.replacing("kiln-schedule: ", with: "").replacing("2026-", with: ""))
    }
    #expect(Array(lines.dropFirst()) == one.expected)
    #expect(lines.first == "runs \(try CronSchedule(one.schedule).words)")
  }

  /// The words of the command are no shell's.
  @Test func aCommandIsWords() throws {
    let folder = try ScratchFolder()
    let clock = ["01-10T01:59:30", "01-10T02:00:00", "01-10T02:00:01"]
    let result = try simulate("0 3 * * *", clock, ["printf", "<%s>\n"] + hostileStrings, folder.path)
    let expected = hostileStrings.map { "<\($0)>\n" }.joined()
    #expect(result.output.contains("the run of 03:00 starts\n\(expected)kiln-schedule: "))
  }

  /// A command has the environment that the container has, and nothing of the script's.
  @Test func aCommandSeesNothingOfTheScript() throws {
    let folder = try ScratchFolder()
    let clock = ["01-10T01:59:30", "01-10T02:00:00", "01-10T02:00:01"]
    let result = try simulate("0 3 * * *", clock, ["env"], folder.path)
    #expect(result.output.contains("\nTZ=\(Self.berlin)\n"))
    #expect(!result.output.contains("kiln_"))
  }

  @Test(arguments: [
    (["false"], "ended with exit code 1", "1"), (["bash", "-c", "exit 42"], "ended with exit code 42", "42"),
    (["bash", "-c", "kill -9 $$"], "ended with exit code 137", "137"),
    (["kiln-no-such-program"], "ended with exit code 127", "127"),
    // A shell's own words are programs as well.
    (["exit", "3"], "ended with exit code 127", "127"), (["kiln_clock"], "ended with exit code 127", "127"),
  ])
  func theLastResultIsKept(_ words: [String], _ text: String, _ code: String) throws {
    let folder = try ScratchFolder()
    let health = ScheduleScript.health(folder: folder.path)
    #expect(try Bash.run(health) == .init(code: 0, output: ""))
    let clock = ["01-10T01:59:30", "01-10T02:00:00", "01-10T02:00:01", "01-10T02:01:00"]
    let result = try simulate("0 3 * * *", clock, words, folder.path)
    #expect(result.output.contains(text))
    let last = try String(contentsOfFile: folder.path + "/last", encoding: .utf8)
    #expect(last == "\(code) \(Self.seconds("01-10T02:00:00"))\n")
    let expected = "the last run, at 2026-01-10 03:00, ended with exit code \(code)\n"
    #expect(try Bash.run(health, zone: Self.berlin) == .init(code: 1, output: expected))
    _ = try simulate("0 3 * * *", clock, ["true"], folder.path)
    #expect(try Bash.run(health) == .init(code: 0, output: ""))
  }

  @Test func aStopIsHandedToTheCommand() throws {
    let folder = try ScratchFolder()
    let command = "trap 'echo stops; sleep 0.2; echo stopped; exit 7' TERM; echo ready; while :; do sleep 0.05; done"
    let clock = ["01-10T01:59:30", "01-10T02:00:00"] + Array(repeating: "01-10T02:00:09", count: 9)
    let result = try simulate("0 3 * * *", clock, ["bash", "-c", command], folder.path, stopAfter: "ready\n")
    #expect(result.code == 0)
    #expect(
      result.output.hasSuffix(
        """
        the run of 03:00 starts
        ready
        stops
        stopped
        kiln-schedule: 2026-01-10 03:00:09: the run of 03:00 ended with exit code 7

        """))
  }

  @Test(.timeLimit(.minutes(15))) func aStopBetweenRunsEndsItAtOnce() throws {
    let folder = try ScratchFolder()
    let schedule = try CronSchedule("0 0 1 1 *")
    let start = ContinuousClock.now
    let result = try Bash.run(
      ["/bin/bash", "-c", ScheduleScript.script(schedule, folder: folder.path), ScheduleScript.name, "true"],
      stopAfter: "runs ")
    #expect(result == .init(code: 0, output: "kiln-schedule: runs on the 1st of January at 00:00\n"))
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  @Test func aFolderOfAnotherIsNotUsed() throws {
    let folder = try ScratchFolder()
    let link = folder.path + "/link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.path)
    let result = try simulate("* * * * *", ["01-10T01:59:30"], ["true"], link)
    #expect(result == .init(code: 73, output: "kiln-schedule: \(link) is not a folder of this account\n"))
  }

  @Test func aCommandWithoutWordsIsRefused() throws {
    let result = try Bash.run(ScheduleScript.command(CronSchedule("* * * * *"), running: []))
    #expect(result == .init(code: 64, output: "kiln-schedule: there is no command to run\n"))
  }

  /// Nothing is simulated here: the next minute comes by itself.
  @Test(.enabled(if: isThorough, "it waits for the next minute: KILN_E2E is not set"))
  func runsForReal() throws {
    let folder = try ScratchFolder()
    let script = ScheduleScript.script(try CronSchedule("* * * * *"), folder: folder.path)
    let command = "trap 'exit 5' TERM; echo ready; while :; do sleep 0.1; done"
    let result = try Bash.run(
      ["/bin/bash", "-c", script, ScheduleScript.name, "bash", "-c", command], stopAfter: "ready\n")
    #expect(result.code == 0)
    #expect(result.output.contains(":00: the run of "))
    #expect(result.output.hasSuffix("ended with exit code 5\n"))
    #expect(try Bash.run(ScheduleScript.health(folder: folder.path)).code == 1)
  }

  private static let isThorough = ProcessInfo.processInfo.environment["KILN_E2E"] == "1"

  /// The script itself, after a few lines that make the clock a list and `sleep` and `wait` go on in it.
  private func simulate(
    _ schedule: String, _ clock: [String], _ words: [String], _ folder: String, stopAfter mark: String? = nil
  ) throws -> Bash.Result {
    let readings = clock.map { "\(Self.seconds($0))" }
    let clock = """
      unset EPOCHSECONDS
      readings=(\(readings.joined(separator: " ")))
      EPOCHSECONDS=${readings[0]}
      sleep() { :; }
      wait() {
        builtin wait "$1"
        local code=$?
        readings=("${readings[@]:1}")
        ((${#readings[@]})) || exit 0
        EPOCHSECONDS=${readings[0]}
        return "$code"
      }

      """
    let script = clock + ScheduleScript.script(try CronSchedule(schedule), folder: folder)
    return try Bash.run(
      ["/bin/bash", "-c", script, ScheduleScript.name] + words, zone: Self.berlin, stopAfter: mark)
  }

  /// Seconds since 1970 of `01-10T02:00:00` in 2026, UTC.
  private static func seconds(_ time: String) -> Int {
    let parts = time.split { "-T:".contains($0) }
    return number(minute("2026-\(parts[0])-\(parts[1]) \(parts[2]):\(parts[3])")) * 60 + (Int(parts[4]) ?? 0)
  }

  /// Minutes since 1970.
  private static func number(_ minute: CronSchedule.Minute) -> Int {
    var components = DateComponents()
    components.timeZone = .gmt
    (components.year, components.month, components.day) = (minute.year, minute.month, minute.day)
    (components.hour, components.minute) = (minute.hour, minute.minute)
    let date = Calendar(identifier: .gregorian).date(from: components) ?? .distantPast
    return Int(date.timeIntervalSince1970) / 60
  }
}
