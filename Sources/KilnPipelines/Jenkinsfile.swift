import KilnDocuments

/// A declarative pipeline of Jenkins'.
///
/// Source: jenkins.io, "Pipeline Syntax". Each stage has an agent of its own, and so the sources of the commit; a stage that
/// waits for somebody holds none.
public struct Jenkinsfile: Sendable {
  /// A Groovy expression.
  public struct Expression: Sendable, Hashable, ExpressibleByStringLiteral {
    let source: String

    private init(source: String) { self.source = source }
    /// Kiln's own words.
    public init(stringLiteral value: StaticString) { source = value.description }
    public static func text(_ text: String) -> Expression { Expression(source: Groovy.quote(text)) }
    public static func secret(_ id: String) -> Expression { Expression(source: "credentials(\(Groovy.quote(id)))") }
    public static func equals(_ expression: StaticString, _ text: String) -> Expression {
      Expression(source: "\(expression) == \(Groovy.quote(text))")
    }
    public static func contains(_ expression: StaticString, _ text: String) -> Expression {
      Expression(source: "\(expression).contains(\(Groovy.quote(text)))")
    }
    public static func all(_ conditions: [Expression]) -> Expression {
      Expression(source: conditions.map(\.source).joined(separator: " && "))
    }
  }

  public struct Step: Sendable {
    public enum Content: Sendable {
      case script(String)
      /// The file's lines, between commas, as a variable of the whole pipeline.
      case variable(String, file: String)
    }
    public let name: String
    public let content: Content

    public init(_ name: String, _ content: Content) {
      self.name = name
      self.content = content
    }
  }

  public struct Stage: Sendable {
    public let name: String
    public var condition: Expression?
    /// What somebody is asked, and the button; nil where nobody is.
    public var question: (message: String, button: String)?
    public var environment: [(name: String, value: Expression)] = []
    /// Minutes.
    public var timeout = 60
    public var steps: [Step] = []
    /// What a failure runs.
    public var onFailure: String?
    /// What that alone sees.
    public var failureSecrets: [String] = []
    public var artifacts: [String] = []
    public var junit: [String] = []
    /// Of a stage without steps: one after the other.
    public var stages: [Stage] = []
    /// Of a stage without steps: beside each other.
    public var parallel: [Stage] = []

    public init(_ name: String) { self.name = name }
  }

  /// The variable that has who approved.
  public static let approver = "KILN_APPROVER"

  public let header: [String]
  public var label: String?
  public var image: String?
  /// Where scripts run, from the repository's top; empty for the top.
  public var folder = ""
  public var choice: (name: String, description: String, options: [String])?
  public var input: (name: String, description: String)?
  public var environment: [(name: String, value: Expression)] = []
  public var stages: [Stage] = []

  public init(header: [String]) { self.header = header }

  public func render() -> String {
    var writer = Writer()
    for line in header { writer.line("// " + CommentText.line(line)) }
    writer.block("pipeline") { writer in
      writer.line("agent none")
      writer.block("options") { writer in
        // A run waits for the one before: nothing is deployed twice at a time, and nothing is cancelled.
        writer.line("disableConcurrentBuilds()")
        writer.line("skipStagesAfterUnstable()")
        writer.line("buildDiscarder(logRotator(numToKeepStr: '100'))")
      }
      if choice != nil || input != nil {
        writer.block("parameters") { writer in
          if let choice {
            let options = choice.options.map(Groovy.quote).joined(separator: ", ")
            writer.line(
              "choice(name: \(Groovy.quote(choice.name)), choices: [\(options)], description: \(Groovy.quote(choice.description)))"
            )
          }
          if let input {
            writer.line(
              "string(name: \(Groovy.quote(input.name)), defaultValue: '', description: \(Groovy.quote(input.description)))"
            )
          }
        }
      }
      write(environment, &writer)
      writer.block("stages") { writer in
        for stage in stages { write(stage, &writer) }
      }
    }
    return writer.text
  }

  private func write(_ environment: [(name: String, value: Expression)], _ writer: inout Writer) {
    guard !environment.isEmpty else { return }
    writer.block("environment") { writer in
      for (name, value) in environment { writer.line("\(name) = \(value.source)") }
    }
  }

  private func write(_ stage: Stage, _ writer: inout Writer) {
    writer.block("stage(\(Groovy.quote(stage.name)))") { writer in
      if let condition = stage.condition {
        writer.block("when") { writer in
          if stage.question != nil { writer.line("beforeInput true") }
          if stage.stages.isEmpty, stage.parallel.isEmpty { writer.line("beforeAgent true") }
          writer.line("expression { \(condition.source) }")
        }
      }
      if !stage.parallel.isEmpty {
        return writer.block("parallel") { writer in for stage in stage.parallel { write(stage, &writer) } }
      }
      if !stage.stages.isEmpty {
        return writer.block("stages") { writer in for stage in stage.stages { write(stage, &writer) } }
      }
      if let question = stage.question {
        writer.block("input") { writer in
          writer.line("message \(Groovy.quote(question.message))")
          writer.line("ok \(Groovy.quote(question.button))")
          writer.line("submitterParameter \(Groovy.quote(Self.approver))")
        }
      }
      writeAgent(&writer)
      write(stage.environment, &writer)
      writer.block("steps") { writer in
        writer.block("timeout(time: \(stage.timeout), unit: 'MINUTES')") { writer in
          inFolder(&writer) { writer in for step in stage.steps { Self.write(step, &writer) } }
        }
      }
      if !stage.artifacts.isEmpty || !stage.junit.isEmpty || stage.onFailure != nil {
        writer.block("post") { writer in
          if let script = stage.onFailure {
            writer.block("failure") { writer in
              inFolder(&writer) { writer in
                Self.withSecrets(stage.failureSecrets, &writer) { writer in Self.write(script, &writer) }
              }
            }
          }
          writer.block("always") { writer in
            for pattern in stage.junit {
              writer.line("junit testResults: \(Groovy.quote(pattern)), allowEmptyResults: true")
            }
            for pattern in stage.artifacts {
              writer.line("archiveArtifacts artifacts: \(Groovy.quote(pattern)), allowEmptyArchive: true")
            }
          }
        }
      }
    }
  }

  private func writeAgent(_ writer: inout Writer) {
    switch (image, label) {
    case (let image?, let label):
      writer.block("agent") { writer in
        writer.block("docker") { writer in
          writer.line("image \(Groovy.quote(image))")
          if let label { writer.line("label \(Groovy.quote(label))") }
          writer.line("args '-v /var/run/docker.sock:/var/run/docker.sock'")
        }
      }
    case (nil, let label?): writer.line("agent { label \(Groovy.quote(label)) }")
    case (nil, nil): writer.line("agent any")
    }
  }

  private func inFolder(_ writer: inout Writer, _ body: (inout Writer) -> Void) {
    folder.isEmpty ? body(&writer) : writer.block("dir(\(Groovy.quote(folder)))", body)
  }

  private static func withSecrets(_ names: [String], _ writer: inout Writer, _ body: (inout Writer) -> Void) {
    if names.isEmpty { return body(&writer) }
    let list = names.map { "string(credentialsId: \(Groovy.quote($0)), variable: \(Groovy.quote($0)))" }
    writer.block("withCredentials([\(list.joined(separator: ", "))])", body)
  }

  private static func write(_ step: Step, _ writer: inout Writer) {
    switch step.content {
    case .script(let text): write(text, label: step.name, &writer)
    case .variable(let name, let file):
      writer.block("script") { writer in
        writer.line("env.\(name) = ',' + readFile(\(Groovy.quote(file))).trim().replace('\\n', ',') + ','")
      }
    }
  }

  /// Jenkins' own shell prints each command before it runs it. The lines of the literal are the shell's, and have no margin.
  private static func write(_ script: String, label: String? = nil, _ writer: inout Writer) {
    let label = label.map { "label: \(Groovy.quote($0)), " } ?? ""
    writer.line("sh \(label)script: \(Groovy.script("set +x\n" + script))")
  }

  private struct Writer {
    private(set) var text = ""
    private var level = 0

    private var margin: String { String(repeating: "  ", count: level) }
    mutating func line(_ line: String) { text += margin + line + "\n" }
    mutating func block(_ head: String, _ body: (inout Writer) -> Void) {
      line("\(head) {")
      level += 1
      body(&self)
      level -= 1
      line("}")
    }
  }
}
