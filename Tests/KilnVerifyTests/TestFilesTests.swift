import Testing

@testable import KilnVerify

/// Files that tests leave: which a pattern means, and that nothing else leaves the container.
struct TestFilesTests {
  @Test(arguments: [
    ("reports/*.xml", ["a.xml"], true), ("reports/*.xml", ["a.txt"], false),
    ("reports/*.xml", ["sub", "a.xml"], false),
    ("reports/*/x.xml", ["sub", "x.xml"], true), ("shots", ["any", "file.png"], true), ("*", ["a.xml"], true),
    ("*", [".hidden"], false), ("reports/?.xml", ["ab.xml"], false), ("reports/*", ["folder", "below.xml"], true),
  ])
  func patternsMean(_ pattern: String, _ path: [String], _ isMeant: Bool) {
    #expect(TestFiles.Pattern(pattern).matches(path) == isMeant)
  }

  @Test func whatIsCopiedIsAllBeforeThePattern() {
    #expect(TestFiles.Pattern("a/b/*.xml").folder == ["a", "b"])
    #expect(TestFiles.Pattern("/var/log/x").folder == ["var", "log", "x"])
    #expect(TestFiles.Pattern("*.xml").folder.isEmpty)
  }
}
