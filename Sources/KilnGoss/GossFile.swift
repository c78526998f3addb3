import KilnDocuments

/// A goss file: assertions about a machine or container. It is a Go template, in which no action is Kiln's.
public struct GossFile: Sendable, Hashable {
  public struct File: Sendable, Hashable {
    public let path: String
    public var mode: String?
    public var owner: String?
    public var group: String?
    public var filetype: String
    public var sha256: String?
    public var linkedTo: String?

    public init(
      _ path: String, filetype: String = "file", mode: String? = nil, owner: String? = nil, group: String? = nil,
      sha256: String? = nil,
      linkedTo: String? = nil
    ) {
      self.path = path
      self.filetype = filetype
      self.mode = mode
      self.owner = owner
      self.group = group
      self.sha256 = sha256
      self.linkedTo = linkedTo
    }
  }

  public struct Command: Sendable, Hashable {
    /// Run by a shell.
    public let exec: String
    public let exitStatus: Int
    /// Texts that the output has.
    public let stdout: [String]

    public init(exec: String, exitStatus: Int = 0, stdout: [String] = []) {
      self.exec = exec
      self.exitStatus = exitStatus
      self.stdout = stdout
    }

    /// A program and its arguments, as they are.
    public init(words: [String], exitStatus: Int = 0, stdout: [String] = []) {
      self.init(exec: ShellWord.join(words), exitStatus: exitStatus, stdout: stdout)
    }
  }

  /// A page that is asked for where goss runs; redirects are not followed.
  public struct Page: Sendable, Hashable {
    public let url: String
    public let status: Int
    /// Texts that the body has.
    public let body: [String]

    public init(_ url: String, status: Int, body: [String] = []) {
      self.url = url
      self.status = status
      self.body = body
    }
  }

  public var header: [String] = []
  public var pages: [Page] = []
  /// TCP addresses that answer, as `HOST:PORT`.
  public var addresses: [String] = []
  public var packages: [String] = []
  public var files: [File] = []
  /// Paths that exist, whatever is there.
  public var paths: [String] = []
  /// Goss files beside this one whose assertions hold as well.
  public var includes: [String] = []
  public var users: [String] = []
  /// Units that are enabled and run.
  public var services: [String] = []
  /// Units that are enabled, whether they run or not.
  public var enabled: [String] = []
  public var commands: [Command] = []

  public init() {}

  public func render() -> String {
    var root: DocumentMap = [:]
    if !packages.isEmpty { root["package"] = map(packages) { _ in ["installed": true] } }
    if !includes.isEmpty { root["gossfile"] = map(includes) { _ in [:] } }
    let all = files + paths.filter { path in !files.contains { $0.path == path } }.map { File($0, filetype: "") }
    if !all.isEmpty {
      root["file"] = .map(DocumentMap(unique(all, \.path).map { ($0.path, .map(document($0))) }))
    }
    if !users.isEmpty { root["user"] = map(users) { _ in ["exists": true] } }
    let waiting = enabled.filter { !services.contains($0) }
    if !(services + waiting).isEmpty {
      root["service"] = map(services + waiting) { unit in
        waiting.contains(unit) ? ["enabled": true] : ["enabled": true, "running": true]
      }
    }
    if !addresses.isEmpty {
      root["addr"] = map(addresses.map { "tcp://\($0)" }) { _ in ["reachable": true, "timeout": 5000] }
    }
    if !pages.isEmpty {
      root["http"] = .map(
        DocumentMap(
          unique(pages, \.url).map { page in
            var map: DocumentMap = [
              "status": .integer(page.status), "no-follow-redirects": true, "timeout": 30000,
            ]
            if !page.body.isEmpty { map["body"] = .strings(page.body.map { Self.contains($0) }) }
            return (page.url, .map(map))
          }))
    }
    if !commands.isEmpty {
      root["command"] = .map(
        DocumentMap(
          unique(commands, \.exec).map { command in
            var map: DocumentMap = ["exit-status": .integer(command.exitStatus)]
            if !command.stdout.isEmpty {
              map["stdout"] = .strings(command.stdout.map { Self.contains($0) })
            }
            map["timeout"] = 30000
            return (command.exec, .map(map))
          }))
    }
    // The file as a whole is a template of goss', so it is the whole that is escaped.
    return Self.escaped(YAMLRenderer(header: header).render(.map(root)))
  }

  private func map(_ names: [String], _ value: (String) -> DocumentMap) -> DocumentValue {
    .map(DocumentMap(unique(names, \.self).map { ($0, .map(value($0))) }))
  }

  private func unique<T>(_ items: [T], _ key: (T) -> String) -> [T] {
    var seen: Set<String> = []
    return items.filter { seen.insert(key($0)).inserted }.sorted {
      key($0).utf8.lexicographicallyPrecedes(key($1).utf8)
    }
  }

  private func document(_ file: File) -> DocumentMap {
    var map: DocumentMap = ["exists": true]
    if !file.filetype.isEmpty { map["filetype"] = .string(file.filetype) }
    if let mode = file.mode { map["mode"] = .string(mode) }
    if let owner = file.owner { map["owner"] = .string(owner) }
    if let group = file.group { map["group"] = .string(group) }
    if let sha256 = file.sha256 { map["sha256"] = .string(sha256) }
    if let target = file.linkedTo { map["linked-to"] = .string(target) }
    return map
  }

  /// A pattern that matches lines with `text`: plain text means that, unless it begins like a regular
  /// expression or a negation.
  static func contains(_ text: String) -> String {
    guard let first = text.unicodeScalars.first, first == "/" || first == "!" || first == "\\" else { return text }
    var pattern = "/"
    for scalar in text.unicodeScalars {
      if "\\.+*?()|[]{}^$/".unicodeScalars.contains(scalar) { pattern += "\\" }
      pattern.unicodeScalars.append(scalar)
    }
    return pattern + "/"
  }

  /// `{{` would begin an action of goss' template.
  static func escaped(_ text: String) -> String { text.substituting("{{", with: "{{`{{`}}") }
}
