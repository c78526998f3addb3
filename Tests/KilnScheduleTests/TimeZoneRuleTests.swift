import Testing

@testable import KilnSchedule

struct TimeZoneRuleTests {
  @Test(arguments: [
    ("Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3"),
    ("Etc/UTC", "UTC0"),
    ("UTC", "UTC0"),
    ("America/New_York", "EST5EDT,M3.2.0,M11.1.0"),
    // A link, and an old one.
    ("US/Eastern", "EST5EDT,M3.2.0,M11.1.0"),
    ("Asia/Calcutta", "IST-5:30"),
    // Names of offsets are in angle brackets; they are east of Greenwich where the rule is negative.
    ("Asia/Kathmandu", "<+0545>-5:45"),
    ("America/Nuuk", "<-02>2<-01>,M3.5.0/-1,M10.5.0/0"),
    ("Etc/GMT+3", "<-03>3"),
    ("Europe/Dublin", "IST-1GMT0,M10.5.0,M3.5.0/1"),
  ])
  func hasTheRuleOfPOSIX(_ name: String, _ posix: String) throws {
    let zone = try #require(TimeZoneRule(named: name))
    #expect(zone.posix == posix)
    #expect(zone.isExact)
    #expect(zone.name == name)
  }

  @Test(arguments: [
    "Europe/berlin", "Berlin", "", "CEST", "Factory", "localtime", "posix/UTC", "Local", "Europe/Berlin ",
  ])
  func refuses(_ name: String) { #expect(TimeZoneRule(named: name) == nil) }

  /// In Palestine clocks change for Ramadan too; Cuba's stay on summer time through a winter.
  @Test func isNotExactWhereClocksChangeByNoRule() {
    let inexact = TimeZoneRule.names.filter { TimeZoneRule(named: $0)?.isExact == false }
    #expect(inexact == ["America/Havana", "Asia/Gaza", "Asia/Hebron", "Cuba"])
    #expect(TimeZoneRule(named: "Asia/Gaza")?.posix == "EET-2EEST,M3.4.4/50,M10.4.4/50")
  }

  @Test func namesAreSortedAndHaveARule() {
    #expect(TimeZoneRule.names.count > 590)
    #expect(TimeZoneRule.names == TimeZoneRule.names.sorted())
    for name in TimeZoneRule.names {
      let posix = TimeZoneRule(named: name)?.posix ?? ""
      #expect(!posix.isEmpty && posix.utf8.allSatisfy { 0x2B...0x7A ~= $0 }, "\(name) \(posix)")
    }
  }
}
