import KilnDocuments

/// `.gitlab-ci.yml`.
///
/// Source: docs.gitlab.com, "CI/CD YAML syntax reference". Values of `variables` are expanded, and `$$` is a dollar sign there;
/// scripts are not: the shell alone reads them.
public struct GitLabPipeline: Sendable {
  /// A condition of `rules`: Kiln's own words, and names in double quotes.
  public struct Condition: Sendable, Hashable, ExpressibleByStringLiteral {
    let source: String

    private init(source: String) { self.source = source }
    public init(stringLiteral value: StaticString) { source = value.description }
    /// - Parameter text: A quote in it has no escape in GitLab's language: such a text equals nothing.
    public static func equals(_ variable: StaticString, _ text: String) -> Condition {
      let quote = text.utf8.contains(UInt8(ascii: "\"")) ? "'" : "\""
      guard !text.utf8.contains(UInt8(ascii: "'")) || quote == "\"" else { return Condition(source: "$CI == \"\"") }
      return Condition(source: "\(variable) == \(quote)\(text)\(quote)")
    }
    public static func all(_ conditions: [Condition]) -> Condition {
      Condition(source: conditions.map(\.source).joined(separator: " && "))
    }
  }

  public struct Rule: Sendable {
    public let condition: Condition
    public var variables: [(name: String, value: Value)] = []
    public var isManual = false
    /// Of what something must have changed; nil for no matter what.
    public var changes: Changes?

    public init(_ condition: Condition, variables: [(name: String, value: Value)] = [], isManual: Bool = false) {
      self.condition = condition
      self.variables = variables
      self.isManual = isManual
    }
  }

  /// Paths from the repository's top.
  public struct Changes: Sendable {
    let files: [String]
    let folders: [String]

    public init(files: [String], folders: [String]) {
      self.files = files
      self.folders = folders
    }

    var patterns: DocumentValue {
      .strings(folders.map { GitLabPipeline.pattern($0) + "/**/*" } + files.map(GitLabPipeline.pattern))
    }
  }

  /// A variable's value.
  public struct Value: Sendable, Hashable, ExpressibleByStringLiteral {
    let source: String

    private init(source: String) { self.source = source }
    /// Kiln's own words, in which `$NAME` is a variable.
    public init(stringLiteral value: StaticString) { source = value.description }
    public static func text(_ text: String) -> Value { Value(source: text.substituting("$", with: "$$")) }
  }

  public struct Job: Sendable {
    public let name: String
    public let stage: String
    public var needs: [String] = []
    /// Of those, what a pipeline may lack.
    public var optional: Set<String> = []
    public var rules: [Rule] = []
    public var environment: Value?
    /// At most one job of the group runs.
    public var group: Value?
    /// Minutes.
    public var timeout = 60
    public var variables: [(name: String, value: Value)] = []
    public var hasEngine = false
    public var scripts: [String] = []
    /// What runs in another shell after the job, whatever came of it.
    public var after: [String] = []
    /// Paths from the repository's top, published whatever came of the job.
    public var artifacts: [String] = []
    public var junit: [String] = []

    public init(_ name: String, stage: String) {
      self.name = name
      self.stage = stage
    }
  }

  public let header: [String]
  public var stages: [String] = []
  /// Which pipelines there are.
  public var rules: [Rule] = []
  /// Folders whose changes start one, and its own file; empty for all.
  public var folders: [String] = []
  public var file = ""
  /// What somebody who starts a pipeline by hand chooses.
  public var choices: [(name: String, description: String, options: [String])] = []
  public var inputs: [(name: String, description: String)] = []
  public var image: String?
  public var tags: [String] = []
  /// Before the scripts of each job.
  public var before: [String] = []
  public var jobs: [Job] = []

  public init(header: [String]) { self.header = header }

  /// The engine beside a job's container: Docker's own image, reached by TLS.
  private static let engine: DocumentValue = [["name": "docker:28-dind", "alias": "docker"]]
  private static let engineVariables: [(String, DocumentValue)] = [
    ("DOCKER_HOST", "tcp://docker:2376"), ("DOCKER_TLS_CERTDIR", "/certs"), ("DOCKER_CERT_PATH", "/certs/client"),
    ("DOCKER_TLS_VERIFY", "1"),
  ]

  public func render() -> String {
    var variables: DocumentMap = ["GIT_DEPTH": "0"]
    for choice in choices {
      variables[choice.name] = [
        "description": .string(choice.description), "value": .string(choice.options.first ?? ""),
        "options": .strings(choice.options),
      ]
    }
    for input in inputs { variables[input.name] = ["description": .string(input.description), "value": ""] }
    var defaults: DocumentMap = ["interruptible": false]
    defaults["image"] = image.map { .string(Value.text($0).source) }
    if !tags.isEmpty { defaults["tags"] = .strings(tags.map { Value.text($0).source }) }
    if !before.isEmpty { defaults["before_script"] = .strings(before) }
    var root: DocumentMap = [
      "stages": .strings(stages), "workflow": ["rules": .list(rules.map(workflowRule))],
      "variables": .map(variables), "default": .map(defaults),
    ]
    for job in jobs { root[job.name] = document(job) }
    return YAMLRenderer(header: header, documentStart: false).render(.map(root))
  }

  private func workflowRule(_ rule: Rule) -> DocumentValue {
    var map = Self.map(rule)
    if !folders.isEmpty, !rule.isManual {
      map["changes"] = Changes(files: [file], folders: folders).patterns
    }
    return .map(map)
  }

  private static func map(_ rule: Rule) -> DocumentMap {
    var map: DocumentMap = ["if": .string(rule.condition.source)]
    if !rule.variables.isEmpty { map["variables"] = values(rule.variables) }
    return map
  }

  private func document(_ job: Job) -> DocumentValue {
    var map: DocumentMap = ["stage": .string(job.stage)]
    map["needs"] = .list(
      job.needs.map { job.optional.contains($0) ? ["job": .string($0), "optional": true] : .string($0) })
    map["rules"] = .list(
      job.rules.map { rule in
        var map = Self.map(rule)
        map["changes"] = rule.changes?.patterns
        if rule.isManual { map["when"] = "manual" }
        return .map(map)
      })
    map["environment"] = job.environment.map { ["name": .string($0.source)] }
    map["resource_group"] = job.group.map { .string($0.source) }
    map["timeout"] = .string("\(job.timeout) minutes")
    let isBeside = image != nil && job.hasEngine
    var variables = job.variables.map { ($0.name, DocumentValue.string($0.value.source)) }
    if isBeside { variables += Self.engineVariables }
    if !variables.isEmpty { map["variables"] = .map(DocumentMap(variables)) }
    if isBeside { map["services"] = Self.engine }
    map["script"] = .strings(job.scripts)
    if !job.after.isEmpty { map["after_script"] = .strings(job.after) }
    if !job.artifacts.isEmpty {
      var artifacts: DocumentMap = ["when": "always", "expire_in": "30 days", "paths": .strings(job.artifacts)]
      if !job.junit.isEmpty { artifacts["reports"] = ["junit": .strings(job.junit)] }
      map["artifacts"] = .map(artifacts)
    }
    return .map(map)
  }

  /// A name as a pattern of File.fnmatch's.
  static func pattern(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      if "*?[]{}\\".unicodeScalars.contains(scalar) { out += "\\" }
      out.unicodeScalars.append(scalar)
    }
    return out
  }

  private static func values(_ values: [(name: String, value: Value)]) -> DocumentValue {
    .map(DocumentMap(values.map { ($0.name, .string($0.value.source)) }))
  }
}
