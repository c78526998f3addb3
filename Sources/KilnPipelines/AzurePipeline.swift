import KilnDocuments

/// `azure-pipelines.yml`.
///
/// Source: learn.microsoft.com, "YAML schema reference", "Define variables" and "Expressions": `${{ … }}` is evaluated wherever
/// it stands, `$(NAME)` in most strings, where a name that is no variable stays what it is; `$[ … ]` is only where it is the whole value.
/// Scalars are all text there, and its schema takes no other. An environment's approvals are waited for before the stage that names it: each deployment is a stage.
public struct AzurePipeline: Sendable {
  /// A string that Azure Pipelines may evaluate.
  public struct Value: Sendable, Hashable, ExpressibleByStringLiteral {
    let source: String

    private init(source: String) { self.source = source }
    /// Kiln's own words, expressions among them.
    public init(stringLiteral value: StaticString) { source = value.description }
    /// Text that is what it is. `$(` in it is a macro to Azure Pipelines, and cannot be written: a blank parts it.
    public static func text(_ text: String) -> Value {
      Value(
        source: text.substituting("$(", with: "$ (").substituting("$[", with: "$ [").substituting(
          "${{", with: "${{ '${{' }}"))
    }
    /// A shell script; a macro in it that names no variable is left to the shell.
    static func script(_ text: String) -> Value { Value(source: text.substituting("${{", with: "${{ '${{' }}")) }
    /// A secret variable of the pipeline or of a group.
    /// - Parameter name: Letters, digits and underscores; anything else names none.
    public static func secret(_ name: String) -> Value {
      let isName = !name.isEmpty && name.utf8.allSatisfy { $0 == UInt8(ascii: "_") || isAlphanumeric($0) }
      return isName ? Value(source: "$(\(name))") : ""
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
  }

  /// When a stage or a step runs.
  public struct Condition: Sendable, Hashable, ExpressibleByStringLiteral {
    let source: String

    private init(source: String) { self.source = source }
    public init(stringLiteral value: StaticString) { source = value.description }
    public static func equals(_ expression: StaticString, _ text: String) -> Condition {
      Condition(source: "eq(\(expression), \(AzurePipeline.literal(text)))")
    }
    public static func contains(_ expression: StaticString, _ text: String) -> Condition {
      Condition(source: "contains(\(expression), \(AzurePipeline.literal(text)))")
    }
    public static func all(_ conditions: [Condition]) -> Condition {
      conditions.count == 1
        ? conditions[0] : Condition(source: "and(\(conditions.map(\.source).joined(separator: ", ")))")
    }
  }

  public struct Step: Sendable {
    public enum Content: Sendable {
      case script(String)
      case tests(pattern: String, title: String)
      case publish(folder: String, artifact: String)
    }
    public let name: Value
    /// By which others read what it sets; letters and digits.
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

  /// A stage of one job.
  public struct Stage: Sendable {
    /// Letters, digits and `_`; the job's, too.
    public let id: String
    public let name: Value
    public var needs: [String] = []
    public var condition: Condition?
    public var variables: [(name: String, value: Value)] = []
    /// Nil for a job that deploys nothing.
    public var environment: Value?
    /// Minutes.
    public var timeout = 60
    public var steps: [Step] = []

    public init(id: String, name: Value) {
      self.id = id
      self.name = name
    }
  }

  public let header: [String]
  public var branch = "main"
  /// Folders whose changes start it, and its own file; empty for all.
  public var folders: [String] = []
  public var file = ""
  public var choice: (name: String, description: String, options: [String])?
  /// A number.
  public var input: (name: String, description: String)?
  public var variables: [(name: String, value: Value)] = []
  /// Nil for Microsoft's agents.
  public var pool: String?
  public var image: String?
  /// Where scripts run, from the repository's top; empty for the top.
  public var folder = ""
  public var stages: [Stage] = []

  public init(header: [String]) { self.header = header }

  public func render() -> String {
    var filter: DocumentMap = ["branches": ["include": [Self.value(.text(branch))]]]
    // A name with a wildcard in it cannot be told from a pattern: everything starts it then.
    let isPlain = folders.allSatisfy { path in !path.unicodeScalars.contains { "*?".unicodeScalars.contains($0) } }
    if !folders.isEmpty, isPlain {
      filter["paths"] = ["include": .list((folders + [file]).map { Self.value(.text($0)) })]
    }
    var root: DocumentMap = [
      "trigger": .map(DocumentMap([("batch", "true")] + filter.pairs)), "pr": .map(filter),
    ]
    if let parameters { root["parameters"] = parameters }
    root["variables"] = .map(DocumentMap(variables.map { ($0.name, Self.value($0.value)) }))
    root["pool"] = pool.map { ["name": Self.value(.text($0))] } ?? ["vmImage": "ubuntu-24.04"]
    root["stages"] = .list(stages.map(document))
    return YAMLRenderer(header: header, documentStart: false).render(.map(root))
  }

  private var parameters: DocumentValue? {
    var items: [DocumentValue] = []
    if let choice {
      items.append([
        "name": .string(choice.name), "displayName": .string(choice.description), "type": "string",
        "default": .string(choice.options.first ?? ""), "values": .strings(choice.options),
      ])
    }
    if let input {
      items.append([
        "name": .string(input.name), "displayName": .string(input.description), "type": "number", "default": "0",
      ])
    }
    return items.isEmpty ? nil : .list(items)
  }

  private func document(_ stage: Stage) -> DocumentValue {
    var job: DocumentMap = [stage.environment == nil ? "job" : "deployment": .string(stage.id)]
    job["displayName"] = Self.value(stage.name)
    job["timeoutInMinutes"] = .string(String(stage.timeout))
    job["container"] = image.map { ["image": Self.value(.text($0))] }
    if !stage.variables.isEmpty {
      job["variables"] = .map(DocumentMap(stage.variables.map { ($0.name, Self.value($0.value)) }))
    }
    let checkout: DocumentValue = ["checkout": "self", "fetchDepth": "0"]
    let steps = DocumentValue.list([checkout] + stage.steps.map(document))
    if let environment = stage.environment {
      job["environment"] = Self.value(environment)
      job["strategy"] = ["runOnce": ["deploy": ["steps": steps]]]
    } else {
      job["steps"] = steps
    }
    var map: DocumentMap = ["stage": .string(stage.id), "displayName": Self.value(stage.name)]
    map["dependsOn"] = .strings(stage.needs)
    map["condition"] = stage.condition.map { .string($0.source) }
    // Runs wait for each other, where the environment has an exclusive lock.
    if stage.environment != nil { map["lockBehavior"] = "sequential" }
    map["jobs"] = [.map(job)]
    return .map(map)
  }

  private func document(_ step: Step) -> DocumentValue {
    var map: DocumentMap
    switch step.content {
    case .script(let text):
      // Lines before the last do not fail a script of themselves here.
      map = ["bash": Self.value(.script("set -eu\n" + text))]
      map["name"] = step.id.map { .string($0) }
      map["displayName"] = Self.value(step.name)
      map["condition"] = step.condition.map { .string($0.source) }
      if !folder.isEmpty { map["workingDirectory"] = Self.value(.text(folder)) }
      if !step.environment.isEmpty {
        map["env"] = .map(DocumentMap(step.environment.map { ($0.name, Self.value($0.value)) }))
      }
    case .tests(let pattern, let title):
      map = ["task": "PublishTestResults@2", "displayName": Self.value(step.name)]
      map["condition"] = step.condition.map { .string($0.source) }
      map["inputs"] = [
        "testResultsFormat": "JUnit", "testResultsFiles": Self.value(.text(pattern)),
        "testRunTitle": Self.value(.text(title)),
      ]
    case .publish(let folder, let artifact):
      map = ["task": "PublishPipelineArtifact@1", "displayName": Self.value(step.name)]
      map["condition"] = step.condition.map { .string($0.source) }
      map["inputs"] = ["targetPath": Self.value(.text(folder)), "artifact": .string(artifact)]
    }
    return .map(map)
  }

  private static func value(_ value: Value) -> DocumentValue { .string(value.source) }

  /// A literal of an expression: quotes are doubled in it. What Azure Pipelines would evaluate before is parted.
  static func literal(_ text: String) -> String {
    let parted = text.substituting("${{", with: "$ {{").substituting("$(", with: "$ (").substituting("$[", with: "$ [")
    return "'\(parted.substituting("'", with: "''"))'"
  }
}
