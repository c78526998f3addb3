import KilnDiagnostics
import KilnTesting
import Testing

@testable import KilnSpec

struct DumpTests {
  private static func sample(_ rest: String) -> SampleWorkspace {
    let definition = """
      kind: service
      summary: A cache
      port: 1
      user: cache
      image: example/cache
      health: [ping]
      \(rest)
      """
    return SampleWorkspace(
      "runtime: {base: debian-12}\nservices: {cache: {}}\n", components: ["cache": definition])
  }

  private static let dump = "dump: {extension: kv, user: root, backup: kv export, restore: kv import}"

  @Test func aDefinitionSaysHowItsDataLeavesItAndGetsIn() throws {
    let sample = Self.sample("data: /data\n\(Self.dump)")
    #expect(sample.problems.isEmpty, "\(sample.problems)")
    let dump = try #require(sample.definitions.services["cache"]?.dump)
    #expect(dump == .init(suffix: "kv", user: "root", backup: "kv export", restore: "kv import"))
  }

  @Test func whatKeepsNothingHasNoDump() {
    let problems = Self.sample(Self.dump).problems
    #expect(problems.map(\.message) == ["cache keeps no data that `dump` could carry"])
  }

  @Test(arguments: [
    "dump: {extension: ../x, backup: a, restore: b}", "dump: {backup: a, restore: b}",
    "dump: {extension: sql, backup: a}",
    "dump: {extension: sql, backup: a, restore: b, more: c}",
  ])
  func refuses(_ dump: String) {
    // Who names the service finds none, too.
    let problems = Self.sample("data: /data\n\(dump)").problems
    #expect(problems.count { $0.location?.file.hasPrefix("components/") == true } == 1, "\(problems)")
  }

  /// What the services that come with Kiln do with a password is never in an argument.
  @Test func everyDatabaseOfTheCatalogHasADump() {
    let services = Self.sample("data: /data").definitions.services
    #expect(
      services.values.filter { $0.dump != nil }.map(\.name).sorted() == [
        "mariadb", "mongodb", "mysql", "postgresql", "redis",
      ])
    for service in services.values {
      guard let dump = service.dump else { continue }
      for line in (dump.backup + dump.restore).split(separator: "\n") where line.contains("$password") {
        #expect(line.hasPrefix("export MYSQL_PWD=") || line.hasPrefix("printf "), "\(service.name): \(line)")
      }
    }
  }
}
