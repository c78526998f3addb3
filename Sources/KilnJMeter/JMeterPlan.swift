/// A test plan: users who ask for one page again and again, for a time.
///
/// JMeter 2.13 and newer run the file as it is, and so does Azure Load Testing. Where the server is, and how many users ask
/// for how long, are properties: `-Jhost=…`.
///
/// Source: `saveservice.properties` of JMeter, which names the elements, and what its GUI writes.
public struct JMeterPlan: Sendable, Hashable {
  /// Where the server is: `prefix` comes before every path.
  public static let address = (
    scheme: JMeterProperty("scheme", default: "http"), host: JMeterProperty("host", default: "localhost"),
    port: JMeterProperty("port", default: ""), prefix: JMeterProperty("prefix", default: "")
  )

  /// A comment at the top, a line each.
  public let header: [String]
  public let name: String
  /// Threads; each is one user with a connection of its own.
  public let users: JMeterProperty
  /// Seconds within which all users have begun.
  public let rampUp: JMeterProperty
  /// Seconds from the first user's begin to the end.
  public let duration: JMeterProperty
  /// Requests in a minute that all users make together at most; nil for as many as they can.
  public let rate: JMeterProperty?
  /// With a slash at its begin and characters that a URL may have: JMeter encodes nothing.
  public let path: String
  /// A regular expression that the whole status must match: what does not is an error.
  public let status: String

  public init(
    header: [String], name: String, users: JMeterProperty, rampUp: JMeterProperty, duration: JMeterProperty,
    rate: JMeterProperty?, path: String, status: String
  ) {
    self.header = header
    self.name = name
    self.users = users
    self.rampUp = rampUp
    self.duration = duration
    self.rate = rate
    self.path = path
    self.status = status
  }

  public func render() -> String {
    var lines = [#"<?xml version="1.0" encoding="UTF-8"?>"#] + header.map { XMLElement.comment($0) }
    XMLElement(
      "jmeterTestPlan", [("version", "1.2"), ("properties", "2.8"), ("jmeter", "2.13")],
      [XMLElement("hashTree", [], [testPlan, XMLElement("hashTree", [], [defaults, .leaf] + group)])]
    ).add(to: &lines, depth: 0)
    return lines.joined(separator: "\n") + "\n"
  }

  private var testPlan: XMLElement {
    .element(
      "TestPlan", gui: "TestPlanGui", name: JMeterText(name),
      [
        .bool("TestPlan.functional_mode", false), .bool("TestPlan.serialize_threadgroups", false),
        .arguments("TestPlan.user_defined_variables", gui: "ArgumentsPanel"),
      ])
  }

  /// Milliseconds: without them a server that never answers holds a user until long after the end.
  private static let timeouts = (connect: 10_000, answer: 60_000)

  private var defaults: XMLElement {
    let address = Self.address
    return .element(
      "ConfigTestElement", gui: "HttpDefaultsGui", name: "Server",
      [
        .arguments("HTTPsampler.Arguments", gui: "HTTPArgumentsPanel"),
        .string("HTTPSampler.protocol", JMeterText(address.scheme)),
        .string("HTTPSampler.domain", JMeterText(address.host)),
        .string("HTTPSampler.port", JMeterText(address.port)),
        .string("HTTPSampler.implementation", "HttpClient4"),
        .string("HTTPSampler.connect_timeout", JMeterText(String(Self.timeouts.connect))),
        .string("HTTPSampler.response_timeout", JMeterText(String(Self.timeouts.answer))),
      ])
  }

  /// The users, and below them what each does.
  private var group: [XMLElement] {
    let loop = XMLElement(
      "elementProp",
      [
        ("name", "ThreadGroup.main_controller"), ("elementType", "LoopController"), ("guiclass", "LoopControlPanel"),
        ("testclass", "LoopController"), ("testname", "Loop Controller"), ("enabled", "true"),
      ], [.bool("LoopController.continue_forever", false), .integer("LoopController.loops", -1)])
    let users = XMLElement.element(
      "ThreadGroup", gui: "ThreadGroupGui", name: "Users",
      [
        .string("ThreadGroup.on_sample_error", "continue"), loop,
        .string("ThreadGroup.num_threads", JMeterText(self.users)),
        .string("ThreadGroup.ramp_time", JMeterText(rampUp)), .bool("ThreadGroup.scheduler", true),
        .string("ThreadGroup.duration", JMeterText(duration)), .string("ThreadGroup.delay", ""),
        // A connection is kept from one request to the next.
        .bool("ThreadGroup.same_user_on_next_iteration", true),
      ])
    return [users, XMLElement("hashTree", [], timer + request)]
  }

  /// All users of the group together keep to the rate.
  private static let shared = 4

  private var timer: [XMLElement] {
    guard let rate else { return [] }
    let timer = XMLElement.element(
      "ConstantThroughputTimer", gui: "TestBeanGUI", name: "Rate",
      [.integer("calcMode", Self.shared), .string("throughput", JMeterText(rate))])
    return [timer, .leaf]
  }

  private var request: [XMLElement] {
    let sampler = XMLElement.element(
      "HTTPSamplerProxy", gui: "HttpTestSampleGui", name: JMeterText("GET \(path)"),
      [
        .arguments("HTTPsampler.Arguments", gui: "HTTPArgumentsPanel"),
        .string("HTTPSampler.path", JMeterText(Self.address.prefix).followed(by: path)),
        .string("HTTPSampler.method", "GET"), .bool("HTTPSampler.follow_redirects", false),
        .bool("HTTPSampler.auto_redirects", false), .bool("HTTPSampler.use_keepalive", true),
        .bool("HTTPSampler.DO_MULTIPART_POST", false),
      ])
    return [sampler, XMLElement("hashTree", [], [assertion, .leaf])]
  }

  /// "Matches", of JMeter's rules for a pattern.
  private static let matches = 1

  private var assertion: XMLElement {
    .element(
      "ResponseAssertion", gui: "AssertionGui", name: "Status",
      [
        // JMeter's own name for it.
        XMLElement(
          "collectionProp", [("name", "Asserion.test_strings")], [.string("status", JMeterText(status))]),
        .string("Assertion.test_field", "Assertion.response_code"), .bool("Assertion.assume_success", false),
        .integer("Assertion.test_type", Self.matches),
      ])
  }
}

extension XMLElement {
  /// What an element without children has behind it.
  fileprivate static var leaf: XMLElement { XMLElement("hashTree") }

  fileprivate static func element(
    _ type: String, gui: String, name: JMeterText, _ properties: [XMLElement]
  ) -> XMLElement {
    XMLElement(
      type, [("guiclass", gui), ("testclass", type), ("testname", name.rendered), ("enabled", "true")], properties)
  }

  fileprivate static func string(_ name: String, _ value: JMeterText) -> XMLElement {
    XMLElement("stringProp", [("name", name)], text: value.rendered)
  }

  fileprivate static func bool(_ name: String, _ value: Bool) -> XMLElement {
    XMLElement("boolProp", [("name", name)], text: String(value))
  }

  fileprivate static func integer(_ name: String, _ value: Int) -> XMLElement {
    XMLElement("intProp", [("name", name)], text: String(value))
  }

  /// None, which JMeter wants said.
  fileprivate static func arguments(_ name: String, gui: String) -> XMLElement {
    XMLElement(
      "elementProp",
      [
        ("name", name), ("elementType", "Arguments"), ("guiclass", gui), ("testclass", "Arguments"),
        ("testname", "User Defined Variables"), ("enabled", "true"),
      ], [XMLElement("collectionProp", [("name", "Arguments.arguments")])])
  }
}
