import KilnText
import Testing

struct MustacheTemplateTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let template: String
    let values: [String: MustacheTemplate.Value]
    let expected: String

    init(_ name: String, _ template: String, _ values: [String: MustacheTemplate.Value], _ expected: String) {
      testDescription = name
      self.template = template
      self.values = values
      self.expected = expected
    }
  }

  /// From the specification's interpolation, sections, inverted and comments suites, without escapes.
  static let cases: [Case] = [
    .init("a variable", "a {{x}} b", ["x": .text("1")], "a 1 b"),
    .init("blanks in a tag", "{{ x }}", ["x": .text("1")], "1"),
    .init("nothing is escaped", "{{x}} {{{x}}} {{&x}}", ["x": .text("<&\">")], "<&\"> <&\"> <&\">"),
    .init("a value is no template", "{{x}}", ["x": .text("{{y}}")], "{{y}}"),
    .init("a boolean as text", "{{x}}", ["x": .boolean(true)], "true"),
    .init("a true section", "{{#x}}a{{/x}}", ["x": .boolean(true)], "a"),
    .init("a false section", "{{#x}}a{{/x}}b", ["x": .boolean(false)], "b"),
    .init("an inverted section", "{{^x}}a{{/x}}", ["x": .boolean(false)], "a"),
    .init("an empty list is false", "{{#x}}a{{/x}}{{^x}}b{{/x}}", ["x": .list([])], "b"),
    .init("a list of texts", "{{#x}}<{{.}}>{{/x}}", ["x": .list([.text("a"), .text("b")])], "<a><b>"),
    .init(
      "a list of maps",
      "{{#x}}{{key}}={{value}};{{/x}}", ["x": .list([.map(["key": .text("a"), "value": .text("1")])])], "a=1;"),
    .init(
      "names outside are seen inside", "{{#x}}{{y}}{{/x}}", ["x": .list([.text("a"), .text("b")]), "y": .text("z")],
      "zz"),
    .init(
      "sections inside each other", "{{#x}}{{#y}}{{.}}{{/y}},{{/x}}",
      ["x": .list([.text("1"), .text("2")]), "y": .list([.text("a"), .text("b")])], "ab,ab,"),
    .init("a section in a false one", "{{#x}}{{#y}}a{{/y}}{{/x}}", ["x": .boolean(false), "y": .boolean(true)], ""),
    .init("tags alone on lines", "a\n{{#x}}\nb\n{{/x}}\nc\n", ["x": .boolean(true)], "a\nb\nc\n"),
    .init("indented tags alone", "a\n  {{#x}}  \nb\n\t{{/x}}\nc", ["x": .boolean(true)], "a\nb\nc"),
    .init("a tag alone at both ends", "{{#x}}\nb\n{{/x}}", ["x": .boolean(true)], "b\n"),
    .init("with carriage returns", "a\r\n{{#x}}\r\nb\r\n{{/x}}\r\n", ["x": .boolean(true)], "a\r\nb\r\n"),
    .init("a tag that is not alone", "a {{#x}}\nb\n{{/x}}", ["x": .boolean(true)], "a \nb\n"),
    .init("a comment", "a{{! b }}c", [:], "ac"),
    .init("a comment alone", "a\n{{! b\n c }}\nd", [:], "a\nd"),
    .init("braces of nginx", "location ~ {a} { {{x}} }", ["x": .text("1")], "location ~ {a} { 1 }"),
  ]

  @Test(arguments: cases) func renders(_ one: Case) throws {
    #expect(try MustacheTemplate(one.template).render(one.values) == one.expected)
  }

  static let rejects: [(String, Int?, String)] = [
    ("a\n{{x", 2, "{{ without }}"),
    ("{{#x}}\n", 1, "the section x has no end"),
    ("a\nb {{/x}}", 2, "{{/x}} ends no section that is open here"),
    ("{{#x}}{{/y}}", 1, "{{/y}} ends no section that is open here"),
    ("{{>x}}", 1, "{{>x}} is not supported"),
    ("{{=<% %>=}}", 1, "{{=<% %>=}} is not supported"),
    ("{{}}", 1, "a tag without a name"),
    ("a\n{{#known}}\nb\n{{/known}}\n{{y}}", 5, "there is no value \"y\""),
    ("{{list}}", 1, "{{list}} is no text; use {{#list}}"),
    (String(repeating: "{{#known}}", count: 3000), 1, "more than 32 sections inside each other"),
  ]

  @Test(arguments: rejects.indices) func refuses(_ index: Int) {
    let (template, line, message) = Self.rejects[index]
    #expect(throws: MustacheTemplate.Failure(line: line, message: message)) {
      try MustacheTemplate(template).render(["known": .boolean(true), "list": .list([])])
    }
  }

  @Test(arguments: [
    ("{{.}}", String(repeating: "x", count: 1 << 20), "the file would be larger than 16 MiB"),
    ("", "x", "its sections repeat more than 1000000 times"),
  ])
  func refusesAFileWithoutMeasure(_ inner: String, _ item: String, _ message: String) {
    let many = MustacheTemplate.Value.list(Array(repeating: .text(item), count: 1000))
    let template = String(repeating: "{{#x}}", count: 5) + inner + String(repeating: "{{/x}}", count: 5)
    #expect(throws: MustacheTemplate.Failure(line: nil, message: message)) {
      try MustacheTemplate(template).render(["x": many])
    }
  }
}
