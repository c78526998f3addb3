import KilnDiagnostics
import SystemPackage

extension HostSpec {
  /// - Parameters:
  ///   - node: Fits `Shape.host`.
  ///   - name: The host's, where its file names it.
  init(_ node: SpecNode, file: String, group: Located<String>, name: Located<String>) {
    let node = Shape.hostObject.filled(node)
    self.file = file
    self.group = group
    self.name = name
    address = node.required("address").locatedText
    reach = Reach(Shape.reach.filled(node.required("reach")))
    base = node.required("base").locatedText
    componentSpec = Self.components(node, file: file, group: group)
    users = (node.required("users").entries ?? []).map { entry in
      let user = Shape.hostUser.filled(entry.value)
      return User(
        name: Located(entry.key, at: entry.keyLocation), keys: user.texts("keys"),
        isAdministrator: user.required("sudo").boolean ?? false)
    }
    system = System(Shape.system.filled(node.required("system")))
    let stacks = (node.required("stacks").entries ?? []).map(Stack.init)
    let docker = node["docker"] ?? (stacks.isEmpty ? nil : SpecNode(.map([]), at: node.location))
    self.docker = docker.map { Docker(Shape.hostDocker.filled($0)) }
    self.stacks = stacks
    firewall = Firewall(Shape.firewall.filled(node.required("firewall")), reachedBy: reach.port)
    https = node["https"].map { HTTPS(Shape.https.filled($0)) }
    metrics = node["metrics"].map {
      Metrics(retention: Shape.metrics.filled($0).required("retention").requiredText)
    }
  }
}

extension HostSpec {
  /// As the spec of a machine with a runtime and no app.
  private static func components(_ node: SpecNode, file: String, group: Located<String>) -> EnvironmentSpec? {
    let parts = ["components", "packages"].compactMap { key in
      node[key].map { ($0.entries?.count ?? 0) + ($0.items?.count ?? 0) }
    }
    guard parts.contains(where: { $0 > 0 }) else { return nil }
    let runtime = (node.entries ?? []).filter { ["base", "components", "packages"].contains($0.key) }
    func entry(_ key: String, _ content: SpecNode.Content) -> SpecNode.Entry {
      .init(key: key, keyLocation: node.location, value: SpecNode(content, at: node.location))
    }
    return EnvironmentSpec(
      file: file,
      tree: SpecNode(
        .map([
          entry("version", .scalar(.init(text: "1", isPlain: true))),
          entry("customer", .scalar(.init(text: group.value, isPlain: true))), entry("runtime", .map(runtime)),
          entry("machine", .map([entry("upgrade", .scalar(.init(text: "false", isPlain: true)))])),
        ]), at: node.location))
  }
}

extension HostSpec.Reach {
  fileprivate init(_ node: SpecNode) {
    user = node.required("user").requiredText
    port = node.required("port").requiredInteger
    // A path of the account's own is no path of the workspace's.
    key = node["key"].map {
      $0.requiredText.hasPrefix("~/") ? Located(FilePath($0.requiredText), at: $0.location) : $0.path
    }
    jump = node["jump"]?.requiredText
    hostKey = node["hostKey"]?.requiredText
  }
}

extension HostSpec.System {
  fileprivate init(_ node: SpecNode) {
    timeZone = node.required("timeZone").requiredText
    upgrades = node.required("upgrades").boolean ?? true
    reboot = node["reboot"]?.requiredText
    journalSize = node.required("journalSize").requiredText
    journalDays = node.required("journalDays").requiredInteger
    kernel = node.required("kernel").variables
  }
}

extension HostSpec.Docker {
  fileprivate init(_ node: SpecNode) {
    logSize = node.required("logSize").requiredText
    logFiles = node.required("logFiles").requiredInteger
    pools = (node.required("pools").items ?? []).map {
      .init(base: $0.required("base").requiredText, size: $0.required("size").requiredInteger)
    }
    plainRegistries = node.texts("plainRegistries")
  }
}

extension HostSpec.Firewall {
  fileprivate init(_ node: SpecNode, reachedBy port: Int) {
    sshPort = node["sshPort"]?.requiredInteger ?? port
    ssh = node.required("ssh").locatedTexts
    open = (node.required("open").items ?? []).map { entry in
      let entry = Shape.openPort.filled(entry)
      return .init(
        number: Located(entry.required("port").requiredInteger, at: entry.required("port").location),
        transport: entry.required("protocol").requiredText, from: entry.required("from").locatedTexts)
    }
  }
}

extension HostSpec.HTTPS {
  fileprivate init(_ node: SpecNode) {
    let source = node.required("certificate")
    if let acme = source["acme"] {
      certificate = .acme(mail: acme.required("mail").requiredText)
    } else if let files = source["files"] {
      certificate = .files(
        certificate: files.required("certificate").requiredText, key: files.required("key").requiredText)
    } else {
      certificate = .local
    }
    redirects = node.required("redirect").boolean ?? false
    users = (node.required("users").entries ?? []).map {
      .init(user: Located($0.key, at: $0.keyLocation), variable: $0.value.required("env").requiredText)
    }
    sites = (node.required("sites").entries ?? []).map { entry in
      .init(
        domain: Located(entry.key, at: entry.keyLocation),
        routes: (Shape.site.filled(entry.value).required("routes").items ?? []).map(HostSpec.Route.init))
    }
  }
}

extension HostSpec.Route {
  fileprivate init(_ node: SpecNode) {
    let node = Shape.route.filled(node)
    path = node.required("path").locatedText
    if let stack = node["stack"] {
      target = .stack(stack.locatedText)
    } else if let port = node["port"] {
      target = .port(port.requiredInteger)
    } else {
      target = .metrics
    }
    app = node.optional("app")
    users = node.required("users").locatedTexts
  }
}

extension HostSpec.Stack {
  fileprivate init(_ entry: SpecNode.Entry) {
    let node = Shape.hostStack.filled(entry.value)
    name = Located(entry.key, at: entry.keyLocation)
    timeout = node.required("timeout").requiredInteger
    stage = node.optional("stage")
    if let git = node["git"] {
      let git = Shape.gitStack.filled(git)
      source = .git(
        url: git.required("url").requiredText, commit: git.required("commit").requiredText,
        file: git.required("file").requiredText,
        reaches: (git.required("reaches").items ?? []).map {
          .init(stack: $0.required("stack").locatedText, service: $0.required("service").locatedText)
        })
    } else {
      source = .environment(node.required("environment").locatedText)
    }
  }
}
