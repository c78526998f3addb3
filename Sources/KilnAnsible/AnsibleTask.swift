import KilnDocuments

/// A task or handler.
public struct AnsibleTask: Sendable, Hashable {
  public var name: AnsibleName
  /// Fully qualified, as in `ansible.builtin.apt`.
  let module: String
  public var arguments: AnsibleMap
  public var when: [AnsibleTemplate]
  /// Handlers by name.
  public var notify: [AnsibleName]
  public var tags: [AnsibleName]
  public var register: AnsibleTemplate?
  public var changedWhen: AnsibleTemplate?
  public var failedWhen: AnsibleTemplate?
  /// Variables of Ansible for this task.
  public var vars: AnsibleMap = [:]
  public var environment: [AnsibleVariable]
  /// For what holds a secret, or could print one.
  public var noLog: Bool
  /// Whether it is done in check mode, too: it must change nothing that anybody sees.
  public var isCheckedToo: Bool

  public init(
    _ name: String, _ module: StaticString, _ arguments: AnsibleMap, when: [AnsibleTemplate] = [],
    notify: [AnsibleName] = [], tags: [String] = [], register: AnsibleTemplate? = nil,
    changedWhen: AnsibleTemplate? = nil, failedWhen: AnsibleTemplate? = nil, vars: AnsibleMap = [:],
    environment: [AnsibleVariable] = [], noLog: Bool = false, isCheckedToo: Bool = false
  ) {
    self.name = AnsibleName(name)
    self.module = module.description
    self.arguments = arguments
    self.when = when
    self.notify = notify
    self.tags = tags.map { AnsibleName(tag: $0) }
    self.register = register
    self.changedWhen = changedWhen
    self.failedWhen = failedWhen
    self.vars = vars
    self.environment = environment
    self.noLog = noLog
    self.isCheckedToo = isCheckedToo
  }

  var document: DocumentMap {
    var map: DocumentMap = ["name": .string(name.description), module: .map(arguments.document)]
    if !vars.isEmpty { map["vars"] = .map(vars.document) }
    if !environment.isEmpty {
      map["environment"] = .map(DocumentMap(environment.map { ($0.name, AnsibleValue.literal($0.value)) }))
    }
    if let register { map["register"] = .string(register.source) }
    Self.add(when, as: "when", to: &map)
    if let changedWhen { map["changed_when"] = Self.condition(changedWhen) }
    if let failedWhen { map["failed_when"] = Self.condition(failedWhen) }
    if !notify.isEmpty { map["notify"] = .strings(notify.map(\.description)) }
    if isCheckedToo { map["check_mode"] = false }
    if noLog { map["no_log"] = true }
    if !tags.isEmpty { map["tags"] = .strings(tags.map(\.description)) }
    return map
  }

  static func add(_ conditions: [AnsibleTemplate], as key: String, to map: inout DocumentMap) {
    guard let first = conditions.first else { return }
    map[key] = conditions.count == 1 ? condition(first) : .list(conditions.map(condition))
  }

  private static func condition(_ template: AnsibleTemplate) -> DocumentValue {
    template.source == "false" ? false : .string(template.source)
  }
}

/// Tasks that run together, and what runs after them whether they failed or not.
public struct AnsibleBlock: Sendable, Hashable {
  public var name: AnsibleName
  public var tasks: [AnsibleTask]
  public var always: [AnsibleTask]
  public var when: [AnsibleTemplate]
  public var tags: [AnsibleName]

  public init(
    _ name: String, _ tasks: [AnsibleTask], always: [AnsibleTask] = [], when: [AnsibleTemplate] = [],
    tags: [String] = []
  ) {
    self.name = AnsibleName(name)
    self.tasks = tasks
    self.always = always
    self.when = when
    self.tags = tags.map { AnsibleName(tag: $0) }
  }

  var document: DocumentMap {
    var map: DocumentMap = ["name": .string(name.description)]
    AnsibleTask.add(when, as: "when", to: &map)
    // Before the tasks, where ansible-lint wants what holds for all of them.
    if !tags.isEmpty { map["tags"] = .strings(tags.map(\.description)) }
    map["block"] = .list(tasks.map { .map($0.document) })
    if !always.isEmpty { map["always"] = .list(always.map { .map($0.document) }) }
    return map
  }
}

/// What stands in a play's list of tasks.
public enum AnsibleItem: Sendable, Hashable {
  case task(AnsibleTask)
  case block(AnsibleBlock)

  var document: DocumentMap {
    switch self {
    case .task(let task): task.document
    case .block(let block): block.document
    }
  }
}
