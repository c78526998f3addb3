public import KilnDocuments

/// An Ansible playbook.
///
/// Templates are literals in Kiln's source (`AnsibleTemplate`); what was read is text, which Ansible does not template.
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
  public let name: AnsibleName
  public let hosts: AnsiblePattern
  public let become: AnsibleTemplate
  public let vars: AnsibleMap
  public let preTasks: [AnsibleTask]
  public let tasks: [AnsibleItem]
  public let handlers: [AnsibleTask]

  public init(
    name: String, hosts: AnsiblePattern, become: AnsibleTemplate, vars: AnsibleMap = [:],
    preTasks: [AnsibleTask] = [], tasks: [AnsibleItem], handlers: [AnsibleTask] = []
  ) {
    self.name = AnsibleName(name)
    self.hosts = hosts
    self.become = become
    self.vars = vars
    self.preTasks = preTasks
    self.tasks = tasks
    self.handlers = handlers
  }

  /// As it stands in a playbook's list.
  public var value: DocumentValue { .map(document) }

  var document: DocumentMap {
    var map: DocumentMap = [
      "name": .string(name.description), "hosts": .string(hosts.text),
      "become": become.source == "true" ? true : .string(become.source),
      "gather_facts": true,
    ]
    if !vars.isEmpty { map["vars"] = .map(vars.document) }
    if !preTasks.isEmpty { map["pre_tasks"] = .list(preTasks.map { .map($0.document) }) }
    map["tasks"] = .list(tasks.map { .map($0.document) })
    if !handlers.isEmpty { map["handlers"] = .list(handlers.map { .map($0.document) }) }
    return map
  }
}

/// Which hosts a play is for.
public struct AnsiblePattern: Sendable, Hashable, ExpressibleByStringLiteral {
  let text: String

  public init(stringLiteral text: StaticString) { self.text = text.description }

  /// - Parameter hosts: Names of the inventory; nothing in them is a pattern.
  public init(_ hosts: [AnsibleHostName]) { text = hosts.map(\.text).joined(separator: ":") }
}
