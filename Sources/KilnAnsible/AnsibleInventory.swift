public import KilnDocuments

/// Hosts in groups and how each is reached, as `ansible-inventory` reads it.
///
/// Text of the user's is text: Ansible templates none of it.
public struct AnsibleInventory: Sendable, Hashable {
  public struct Group: Sendable, Hashable {
    public let name: AnsibleHostName
    public let hosts: [Host]

    public init(_ name: AnsibleHostName, _ hosts: [Host]) {
      self.name = name
      self.hosts = hosts
    }
  }

  public struct Host: Sendable, Hashable {
    public let name: AnsibleHostName
    public let variables: AnsibleMap

    public init(_ name: AnsibleHostName, _ variables: AnsibleMap) {
      self.name = name
      self.variables = variables
    }
  }

  public let header: [String]
  public let groups: [Group]

  public init(header: [String] = [], groups: [Group]) {
    self.header = header
    self.groups = groups
  }

  public func render() -> String {
    let groups = groups.map { group -> (String, DocumentValue) in
      let hosts = group.hosts.map { ($0.name.text, DocumentValue.map($0.variables.document)) }
      return (group.name.text, ["hosts": .map(DocumentMap(hosts))])
    }
    return YAMLRenderer(header: header).render(["all": ["children": .map(DocumentMap(groups))]])
  }

  /// What an inventory script prints for `--list`: every host's variables under `_meta`.
  /// Source: Ansible's developer guide, "Developing dynamic inventory".
  public var list: DocumentValue {
    var map: DocumentMap = [
      "_meta": [
        "hostvars": .map(
          DocumentMap(
            self.groups.flatMap(\.hosts).map { ($0.name.text, DocumentValue.map($0.variables.document).markedUnsafe) }))
      ],
      "all": ["children": .list(groups.map { .string($0.name.text) })],
    ]
    for group in groups { map[group.name.text] = ["hosts": .list(group.hosts.map { .string($0.name.text) })] }
    return .map(map)
  }
}

/// A host's or a group's name: letters, digits, `_` and hyphens, which no pattern has a meaning for.
public struct AnsibleHostName: Sendable, Hashable {
  public let text: String

  /// Nil for any other name.
  public init?(host text: String) {
    let isName = text.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }
    guard isName, let first = text.utf8.first, first != UInt8(ascii: "-") else { return nil }
    self.text = text
  }

  /// A group's, in which Ansible wants no hyphens: each becomes an underscore.
  public init?(group text: String) { self.init(host: text.replacing("-", with: "_")) }
}

/// Variables of a host or a group, in a file of their own.
public struct AnsibleVariables: Sendable, Hashable {
  public let header: [String]
  public let values: AnsibleMap

  public init(header: [String] = [], _ values: AnsibleMap) {
    self.header = header
    self.values = values
  }

  public func render() -> String { YAMLRenderer(header: header).render(.map(values.document)) }
}

extension DocumentValue {
  /// As an inventory script's JSON says that text is not to be templated.
  fileprivate var markedUnsafe: DocumentValue {
    switch self {
    case .unsafe(let text): ["__ansible_unsafe": .string(text)]
    case .list(let items): .list(items.map(\.markedUnsafe))
    case .map(let map): .map(DocumentMap(map.pairs.map { ($0.0, $0.1.markedUnsafe) }))
    case .null, .bool, .integer, .decimal, .string: self
    }
  }
}
