import Testing

@testable import KilnVerify

/// JUnit files as test tools write them, and what is none.
struct JUnitFileTests {
  @Test func casesAreCountedWhateverIsAroundThem() throws {
    let text = #"""
      <?xml version="1.0" encoding="UTF-8"?>
      <!-- <testcase name="no"/> -->
      <!DOCTYPE testsuites>
      <testsuites>
        <testsuite name="a &amp; b" tests="99">
          <properties><property name="x" value="a > b"/></properties>
          <testcase classname="Login" name='refuses &lt;script&gt; &quot;x&quot;' time="0.1">
            <failure message="expected"><![CDATA[</testcase><testcase name="not one"/>]]></failure>
            <error/>
          </testcase>
          <testcase name="fine"/>
          <testcase name="later"><skipped/></testcase>
          <testcase classname="Login" name="broke"><error type="E">boom</error></testcase>
          <system-out>&lt;testcase name="text"/&gt;</system-out>
        </testsuite>
      </testsuites>
      """#
    let file = try JUnitFile(Array(text.utf8))
    #expect(file.cases == 4)
    #expect(file.skipped == 1)
    #expect(file.failed.map(\.name) == [#"Login: refuses <script> "x""#, "Login: broke"])
    #expect(file.failed.map(\.text) == [#"Login: refuses <script> "x": expected"#, "Login: broke"])
  }

  @Test func whatASuiteCountsAndDoesNotListHasFailed() throws {
    let file = try JUnitFile(
      Array(#"<testsuites failures="3"><testsuite tests="3" failures="2" errors="1"/></testsuites>"#.utf8))
    #expect(file.failed.map(\.text) == ["a suite: it counts 3 failures and lists none"])
  }

  @Test(arguments: [
    ("", "it has no element"), ("PHP Warning", "it has no element"),
    ("<html><body/></html>", "it begins with <html>, not with <testsuites> or <testsuite>"),
    ("<testsuite><testcase name=\"a\">", "<testcase> does not end: the file is cut off"),
    ("<testsuite><testcase name=\"a", "<testcase> does not end: the file is cut off"),
    ("<testsuite><testcase name=a/></testsuite>", "name of <testcase> has no quotes"),
    ("<testsuites/>", "it has no test case: nothing was tested"),
    ("<testsuite></testsuites>", "</testsuites> ends what is not open"), ("<testsuite><!-- ", "it is cut off"),
  ])
  func whatIsNoneIsSaid(_ text: String, _ message: String) {
    #expect(throws: JUnitFile.Problem(message: message)) { try JUnitFile(Array(text.utf8)) }
  }
}
