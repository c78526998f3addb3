public import KilnDocuments

/// A workflow of GitHub Actions.
///
/// Source: docs.github.com, "Workflow syntax for GitHub Actions" and "Evaluate expressions in workflows and actions": an
/// expression is `${{ … }}` wherever it stands in a string, and literals in it are in single quotes, doubled inside.
public struct GitHubWorkflow: Sendable {
  /// A string that GitHub may evaluate.
  public struct Value: Sendable, Hashable, ExpressibleByStringLiteral {
    let source: String

    private init(source: String) { self.source = source }
    /// Kiln's own words, expressions among them.
    public init(stringLiteral value: StaticString) { source = value.description }
    /// Text that is what it is.
    public static func text(_ text: String) -> Value {
      Value(source: text.substituting("${{", with: "${{ '${{' }}"))
    }
    /// A secret of the repository, the organisation or the job's environment.
    /// - Parameter name: Letters, digits and underscores; anything else names none.
    public static func secret(_ name: String) -> Value {
      let isName =
        !name.isEmpty && name.utf8.allSatisfy { $0 == UInt8(ascii: "_") || GitHubWorkflow.isAlphanumeric($0) }
      return isName ? Value(source: "${{ secrets.\(name) }}") : ""
    }
  }

  /// When a job or a step runs.
  public struct Condition: Sendable, Hashable, ExpressibleByStringLiteral {
    let source: String

    private init(source: String) { self.source = source }
    public init(stringLiteral value: StaticString) { source = value.description }
    public static func equals(_ expression: StaticString, _ text: String) -> Condition {
      Condition(source: "\(expression) == \(GitHubWorkflow.literal(text))")
    }
    public static func contains(_ expression: StaticString, _ text: String) -> Condition {
      Condition(source: "contains(\(expression), \(GitHubWorkflow.literal(text)))")
    }
    public static func all(_ conditions: [Condition]) -> Condition {
      Condition(source: conditions.map(\.source).joined(separator: " && "))
    }
  }

  /// An action at a commit, which nobody can move.
  public struct Action: Sendable, Hashable {
    let name: String
    let version: String

    public static let checkout = Action(
      name: "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683", version: "v4.2.2")
    public static let upload = Action(
      name: "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02", version: "v4.6.2")
  }

  public struct Step: Sendable {
    public enum Content: Sendable {
      case run(String)
      case uses(Action, with: [(name: String, value: DocumentValue)])
    }
    public let name: Value
    public let id: String?
    public let condition: Condition?
    public let environment: [(name: String, value: Value)]
    public let content: Content

    public init(
      _ name: Value, id: String? = nil, if condition: Condition? = nil,
      environment: [(name: String, value: Value)] = [], _ content: Content
    ) {
      self.name = name
      self.id = id
      self.condition = condition
      self.environment = environment
      self.content = content
    }
  }

  public struct Job: Sendable {
    /// Letters, digits and `_`.
    public let id: String
    public let name: Value
    public var needs: [String] = []
    public var condition: Condition?
    public var labels: [Value] = []
    public var container: Value?
    public var permissions: [(name: String, access: String)] = []
    public var environment: Value?
    /// At most one of the group runs, and one that runs is not cancelled.
    public var group: Value?
    /// Minutes.
    public var timeout = 60
    public var outputs: [(name: String, value: Value)] = []
    public var steps: [Step] = []

    public init(id: String, name: Value) {
      self.id = id
      self.name = name
    }
  }

  public let header: [String]
  public var name: Value = "Kiln"
  public var branch = "main"
  /// Folders whose changes start it, and its own file; empty for all.
  public var folders: [String] = []
  public var file = ""
  /// What somebody who starts it by hand may choose, and a number beside it.
  public var choice: (name: String, description: String, options: [String])?
  public var input: (name: String, description: String)?
  public var environment: [(name: String, value: Value)] = []
  /// Where scripts run, from the repository's top; empty for the top.
  public var folder = ""
  public var jobs: [Job] = []

  public init(header: [String]) { self.header = header }

  public func render() -> String {
    let actions = Set(
      jobs.flatMap(\.steps).compactMap { step -> Action? in
        if case .uses(let action, _) = step.content { action } else { nil }
      })
    let versions = actions.sorted { $0.name < $1.name }.map {
      "\($0.name.split(separator: "@")[0]): the commit is \($0.version)"
    }
    var run: DocumentMap = ["shell": "sh"]
    if !folder.isEmpty { run["working-directory"] = Self.value(.text(folder)) }
    var root: DocumentMap = [
      "name": Self.value(name), "on": .map(triggers), "permissions": ["contents": "read"],
    ]
    root["env"] = Self.values(environment)
    root["defaults"] = ["run": .map(run)]
    root["jobs"] = .map(DocumentMap(jobs.map { ($0.id, Self.document($0)) }))
    return YAMLRenderer(header: header + versions, documentStart: false).render(.map(root))
  }

  private var triggers: DocumentMap {
    var filter: DocumentMap = ["branches": [.string(Self.pattern(branch))]]
    if !folders.isEmpty { filter["paths"] = .strings(folders.map { Self.pattern($0) + "/**" } + [Self.pattern(file)]) }
    var inputs: DocumentMap = [:]
    if let choice {
      inputs[choice.name] = [
        "description": .string(choice.description), "type": "choice", "options": .strings(choice.options),
        "default": .string(choice.options.first ?? ""),
      ]
    }
    if let input {
      inputs[input.name] = ["description": .string(input.description), "type": "number", "default": 0]
    }
    return [
      "push": .map(filter), "pull_request": .map(filter),
      "workflow_dispatch": inputs.isEmpty ? .null : ["inputs": .map(inputs)],
    ]
  }

  private static func document(_ job: Job) -> DocumentValue {
    var map: DocumentMap = ["name": value(job.name)]
    if !job.needs.isEmpty { map["needs"] = .strings(job.needs) }
    if let condition = job.condition { map["if"] = .string(condition.source) }
    map["runs-on"] = job.labels.count == 1 ? value(job.labels[0]) : .list(job.labels.map(value))
    map["container"] = job.container.map(value)
    map["timeout-minutes"] = .integer(job.timeout)
    if !job.permissions.isEmpty {
      map["permissions"] = .map(DocumentMap(job.permissions.map { ($0.name, .string($0.access)) }))
    }
    map["environment"] = job.environment.map { ["name": value($0)] }
    map["concurrency"] = job.group.map { ["group": value($0), "cancel-in-progress": false] }
    map["outputs"] = values(job.outputs)
    map["steps"] = .list(job.steps.map(document))
    return .map(map)
  }

  private static func document(_ step: Step) -> DocumentValue {
    var map: DocumentMap = ["name": value(step.name)]
    map["id"] = step.id.map { .string($0) }
    map["if"] = step.condition.map { .string($0.source) }
    switch step.content {
    case .run(let script):
      map["env"] = values(step.environment)
      map["run"] = value(.text(script))
    case .uses(let action, let inputs):
      map["uses"] = .string(action.name)
      map["with"] = .map(DocumentMap(inputs.map { ($0.name, $0.value) }))
    }
    return .map(map)
  }

  private static func values(_ values: [(name: String, value: Value)]) -> DocumentValue? {
    values.isEmpty ? nil : .map(DocumentMap(values.map { ($0.name, value($0.value)) }))
  }

  private static func value(_ value: Value) -> DocumentValue { .string(value.source) }

  /// A name as a filter's pattern.
  static func pattern(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      if "*?+[]!\\".unicodeScalars.contains(scalar) { out += "\\" }
      out.unicodeScalars.append(scalar)
    }
    return out
  }

  /// Text of an action's input, which is no expression whatever is in it.
  public static func plain(_ text: String) -> DocumentValue { .string(Value.text(text).source) }

  /// A literal of an expression. Braces would begin or end the expression that it is in; JSON has another way to write them.
  static func literal(_ text: String) -> String {
    let quoted = { (text: String) in "'\(text.substituting("'", with: "''"))'" }
    guard text.utf8.contains(UInt8(ascii: "{")) || text.utf8.contains(UInt8(ascii: "}")) else { return quoted(text) }
    let json = JSONRenderer.quoted(text).substituting("{", with: "\\u007b").substituting("}", with: "\\u007d")
    return "fromJSON(\(quoted(json)))"
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
}
