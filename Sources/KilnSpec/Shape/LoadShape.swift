/// Load tests, and what a stage changes of them.
extension Shape {
  static let loadTestName = TextRule(
    "a load test's name", pattern: "[a-z][a-z0-9]*(-[a-z0-9]+)*",
    rule: "lower-case letters, digits and single hyphens, a letter first", lengths: 1...30)

  static let timeSpan = TextRule(
    "a time", pattern: TimeSpan.pattern, rule: "a number and ms, s, m or h, as in 800ms or 1.5s")
  private static let percentage = TextRule(
    "a percentage", pattern: Percentage.pattern, rule: "a number and %, as in 1% or 0.5%")

  /// RFC 3986, sections 3.3 and 3.4: JMeter sends it as it is, and refuses anything else.
  private static let requestPath = TextRule(
    "a path", pattern: "/([A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*",
    rule: "an HTTP path that begins with /, with a query or without one; other characters as in %20", lengths: 1...2000)

  /// `load`: one test, or several by name.
  static let load = Shape.oneOrNamed(loadTest, names: loadTestName)
  static let stageLoad = Shape.oneOrNamed(loadTestInStage, names: loadTestName)

  static let loadTest = ObjectShape(
    "the load test",
    [
      .init(
        "app", .text(appName), "the app that is asked; not needed where there is one", example: "care"),
      .init("path", .text(requestPath), "the page that every user asks for again and again", example: "/"),
      .init(
        "plan", .text(path),
        "a JMeter plan of your own, run as it is; it reads the address from the properties `scheme`, `host`, `port` and `prefix`",
        example: "../tests/checkout.jmx"),
    ] + size + budgets, exactlyOneOf: ["path", "plan"])

  private static let loadTestInStage = ObjectShape(
    "the load test in a stage", size + budgets,
    refused: Dictionary(
      uniqueKeysWithValues: ["app", "path", "plan"].map {
        ($0, ("spec.stage-changes-load", "a stage cannot change \"KEY\": all stages run the same load tests"))
      }))

  private static let size: [ObjectShape.Key] = [
    .init(
      "users", .integer(1...10_000),
      "how many ask at the same time, each for one page after the other; beside `rate`, how many share it",
      example: "50"),
    .init(
      "rate", .number(0.01...100_000),
      "requests per second that all users make together; not more, also where they could",
      example: "20"),
    .init(
      "rampUp", .text(timeSpan), "the time within which all users have begun; no result counts it; `5s` without",
      example: "10s"),
    .init("duration", .text(timeSpan), "how long all users ask; `60s` without", example: "60s"),
  ]

  private static let budgets: [ObjectShape.Key] = [
    .init("p95", .text(timeSpan), "95 of 100 answers take no longer", example: "800ms"),
    .init("p99", .text(timeSpan), "99 of 100 answers take no longer", example: "2s"),
    .init("errors", .text(percentage), "no more of the answers are errors; `1%` without", example: "1%"),
    .init(
      "regression", .text(percentage),
      "the median and p95 are not slower by more than this than in the last good result", example: "20%"),
  ]
}
