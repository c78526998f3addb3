import Foundation
import HostileStrings
import KilnJMeter
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

struct JMeterPlanTests {
  private func plan(
    header: String = "Generated", name: String = "acme", path: String = "/", rate: JMeterProperty? = nil
  ) -> JMeterPlan {
    JMeterPlan(
      header: [header], name: name, users: JMeterProperty("users", default: 50),
      rampUp: JMeterProperty("rampUp", default: 10), duration: JMeterProperty("duration", default: 70), rate: rate,
      path: path, status: "2[0-9][0-9]")
  }

  /// What an XML reader finds: attributes and texts, by the element's `name`, or its type where it has none.
  private func read(_ text: String) throws -> Found {
    let found = Found()
    let parser = XMLParser(data: Data(text.utf8))
    parser.delegate = found
    #expect(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? ""): \(text.prefix(300))")
    return found
  }

  private final class Found: NSObject, XMLParserDelegate {
    var names: [String] = []
    var testNames: [String] = []
    var texts: [String: String] = [:]
    private var open: [String] = []

    func parser(
      _ parser: XMLParser, didStartElement element: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String]
    ) {
      names.append(element)
      if let name = attributes["testname"] { testNames.append(name) }
      open.append(attributes["name"] ?? element)
    }

    func parser(
      _ parser: XMLParser, didEndElement element: String, namespaceURI: String?, qualifiedName: String?
    ) { open.removeLast() }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
      if let last = open.last { texts[last, default: ""] += string }
    }
  }

  @Test func sizeAndAddressAreProperties() throws {
    let found = try read(plan(path: "/shop?a=1&b=2").render())
    #expect(found.texts["ThreadGroup.num_threads"] == "${__P(users,50)}")
    #expect(found.texts["ThreadGroup.ramp_time"] == "${__P(rampUp,10)}")
    #expect(found.texts["ThreadGroup.duration"] == "${__P(duration,70)}")
    #expect(found.texts["HTTPSampler.protocol"] == "${__P(scheme,http)}")
    #expect(found.texts["HTTPSampler.domain"] == "${__P(host,localhost)}")
    #expect(found.texts["HTTPSampler.port"] == "${__P(port,)}")
    #expect(found.texts["HTTPSampler.path"] == "${__P(prefix,)}/shop?a=1&b=2")
    #expect(found.texts["status"] == "2[0-9][0-9]")
    #expect(!found.names.contains("ConstantThroughputTimer"))
  }

  @Test func aRateHasATimer() throws {
    let found = try read(plan(rate: JMeterProperty("requestsPerMinute", default: 90.5)).render())
    #expect(found.names.contains("ConstantThroughputTimer"))
    #expect(found.texts["throughput"] == "${__P(requestsPerMinute,90.5)}")
    #expect(JMeterProperty.text(1200) == "1200" && JMeterProperty.text(0.6) == "0.6")
  }

  /// Every element is followed by a `hashTree`: else JMeter does not read the rest.
  @Test func everyElementHasItsTree() throws {
    let found = try read(plan(rate: JMeterProperty("requestsPerMinute", default: 60)).render())
    let elements = found.names.filter {
      [
        "TestPlan", "ConfigTestElement", "ThreadGroup", "ConstantThroughputTimer", "HTTPSamplerProxy",
        "ResponseAssertion",
      ].contains($0)
    }
    #expect(elements.count == 6)
    #expect(found.names.count { $0 == "hashTree" } == elements.count + 1)
  }

  /// JMeter's reading of a value: functions are replaced, and with one of them backslashes before `$` and `\` taken away.
  private func evaluated(_ value: String) -> String {
    let scalars = Array(value.unicodeScalars)
    guard value.contains("${") else { return value }
    var hasFunction = false
    var out = ""
    var at = 0
    while at < scalars.count {
      if scalars[at] == "\\", at + 1 < scalars.count {
        if !["$", "\\", ","].contains(scalars[at + 1]) { out.unicodeScalars.append("\\") }
        out.unicodeScalars.append(scalars[at + 1])
        at += 2
      } else if scalars[at] == "$", at + 1 < scalars.count, scalars[at + 1] == "{" {
        hasFunction = true
        while at < scalars.count, scalars[at] != "}" { at += 1 }
        at += 1
      } else {
        out.unicodeScalars.append(scalars[at])
        at += 1
      }
    }
    return hasFunction ? out : value
  }

  @Test(arguments: hostileStrings + ["${__groovy(1)}", "a\\${x}", "$", "\\$", "--", "-->", "]]>", "&#36;{x}", "$${x}"])
  func textStaysText(_ text: String) throws {
    let found = try read(plan(header: text, name: text, path: "/" + text).render())
    // What XML cannot carry is replaced; the rest arrives.
    let arrives = String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.value < 0x20 && $0 != "\n" && $0 != "\t" ? "\u{FFFD}" : $0 }))
    #expect(evaluated(try #require(found.texts["HTTPSampler.path"])) == "/" + arrives)
    #expect(evaluated(found.testNames[0]) == arrives)
    #expect(found.testNames.contains { evaluated($0) == "GET /" + arrives })
  }
}
