public import KilnDocuments

/// An Ansible playbook.
public struct Playbook: Sendable, Hashable {
  public let header: [String]
  public let plays: [Play]

  public init(header: [String] = [], plays: [Play]) {
    self.header = header
    self.plays = plays
  }

  public func render() -> String {
    YAMLRenderer(header: header).render(.list(plays.map { .map($0.document) }))
  }
}

/// A play: tasks for hosts.
public struct Play: Sendable, Hashable {
  public let name: String
  public let hosts: String
  /// An expression of Kiln's own.
  public let become: String
  public let vars: DocumentMap
  public let preTasks: [AnsibleTask]
  public let tasks: [AnsibleTask]
  public let handlers: [AnsibleTask]

  public init(
    name: String, hosts: String, become: String, vars: DocumentMap = [:], preTasks: [AnsibleTask] = [],
    tasks: [AnsibleTask],
    handlers: [AnsibleTask] = []
  ) {
    self.name = name
    self.hosts = hosts
    self.become = become
    self.vars = vars
    self.preTasks = preTasks
    self.tasks = tasks
    self.handlers = handlers
  }

  var document: DocumentMap {
    var map: DocumentMap = [
      "name": .string(AnsibleTask.safeName(name)), "hosts": .string(hosts), "become": .string(become),
      "gather_facts": true,
    ]
    if !vars.isEmpty { map["vars"] = .map(vars) }
    if !preTasks.isEmpty { map["pre_tasks"] = .list(preTasks.map { .map($0.document) }) }
    map["tasks"] = .list(tasks.map { .map($0.document) })
    if !handlers.isEmpty { map["handlers"] = .list(handlers.map { .map($0.document) }) }
    return map
  }
}

/// A task or handler. Text of the user's stands in arguments as `.unsafe`.
public struct AnsibleTask: Sendable, Hashable {
  public var name: String
  /// Fully qualified, as in `ansible.builtin.apt`.
  public var module: String
  public var arguments: DocumentMap
  /// An expression of Kiln's own.
  public var when: [String]
  public var notify: [String]
  public var tags: [String]
  public var register: String?
  public var changedWhen: String?
  public var environment: DocumentMap
  public var noLog: Bool

  public init(
    _ name: String, _ module: String, _ arguments: DocumentMap, when: [String] = [], notify: [String] = [],
    tags: [String] = [],
    register: String? = nil, changedWhen: String? = nil, environment: DocumentMap = [:], noLog: Bool = false
  ) {
    self.name = name
    self.module = module
    self.arguments = arguments
    self.when = when
    self.notify = notify
    self.tags = tags
    self.register = register
    self.changedWhen = changedWhen
    self.environment = environment
    self.noLog = noLog
  }

  var document: DocumentMap {
    var map: DocumentMap = ["name": .string(Self.safeName(name)), module: .map(arguments)]
    if !environment.isEmpty { map["environment"] = .map(environment) }
    if let register { map["register"] = .string(register) }
    if !when.isEmpty { map["when"] = when.count == 1 ? .string(when[0]) : .strings(when) }
    if let changedWhen { map["changed_when"] = changedWhen == "false" ? false : .string(changedWhen) }
    if !notify.isEmpty { map["notify"] = .strings(notify) }
    if noLog { map["no_log"] = true }
    if !tags.isEmpty { map["tags"] = .strings(tags) }
    return map
  }

  /// A name on one line that Jinja leaves alone: names are templated and cannot be `!unsafe`.
  public static func safeName(_ name: String) -> String {
    let isPlain = name.utf8.allSatisfy { (0x20..<0x7F).contains($0) && $0 != 0x7B && $0 != 0x7D }
    if isPlain, name.utf8.count <= 120 { return name.prefix(1).uppercased() + name.dropFirst() }
    let text = name.substituting("{{", with: "((").substituting("}}", with: "))").substituting("{%", with: "(%")
      .substituting("{#", with: "(#")
    let line = String(
      String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
    return (line.prefix(1).uppercased() + line.dropFirst().prefix(119)) + (line.count > 120 ? "…" : "")
  }
}
