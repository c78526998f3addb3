package import KilnDiagnostics
import KilnDocuments

extension HostRules {
  /// What shapes cannot say of hosts.
  /// - Parameter files: Of all environments, also of those that could not be read.
  package static func problems(
    _ hosts: [HostSpec], _ environments: [EnvironmentSpec], files: Set<String>
  ) -> [Diagnostic] {
    var problems = HostNameRules(hosts).problems()
    let known = Dictionary(environments.map { ($0.customer.value, $0) }) { first, _ in first }
    var seen: Set<Diagnostic> = []
    for host in hosts {
      let rules = HostRules(host: host, environments: known, files: files)
      // What a group says is said of each of its hosts.
      problems += rules.problems().filter { seen.insert($0).inserted }
    }
    return problems
  }
}

/// Names and addresses that two hosts cannot both have.
struct HostNameRules {
  let hosts: [HostSpec]

  init(_ hosts: [HostSpec]) { self.hosts = hosts }

  /// What Ansible calls something else.
  private static let reserved = ["all", "localhost", "ungrouped"]

  func problems() -> [Diagnostic] {
    var problems: [Diagnostic] = []
    var groups: [String: Located<String>] = [:]
    for group in hosts.map(\.group) {
      if let other = groups[group.value], other.location != group.location {
        problems.append(twice("group", group, other))
      }
      groups[group.value] = groups[group.value] ?? group
    }
    var names: [String: Located<String>] = [:]
    var addresses: [String: Located<String>] = [:]
    for host in hosts {
      if let other = names[host.name.value] { problems.append(twice("host", host.name, other)) }
      names[host.name.value] = names[host.name.value] ?? host.name
      if let group = groups[host.name.value] { problems.append(twice("group", host.name, group)) }
      let address = "\(host.address.value.lowercased()) \(host.reach.port) \(host.reach.jump ?? "")"
      if let other = addresses[address] {
        problems.append(
          Diagnostic(
            "hosts.duplicate", "\(host.name.value) has the address of another host", at: host.address.location,
            suggestion: "two hosts at one address would undo each other's changes",
            notes: [.init("here", at: other.location)]))
      }
      addresses[address] = addresses[address] ?? host.address
    }
    let located = Array(names.values) + Array(groups.values)
    return problems
      + located.filter { Self.reserved.contains($0.value) }.map { name in
        Diagnostic(
          "hosts.reserved-name", "\"\(name.value)\" is a name of Ansible's own", at: name.location,
          suggestion: "choose another name")
      }
  }

  private func twice(_ what: String, _ name: Located<String>, _ other: Located<String>) -> Diagnostic {
    Diagnostic(
      "hosts.duplicate", "there is already a \(what) \"\(name.value)\"", at: name.location,
      suggestion: "groups and hosts have names of their own", notes: [.init("here", at: other.location)])
  }
}

/// What one host says, against itself and the environments that it runs.
package struct HostRules {
  let host: HostSpec
  let environments: [String: EnvironmentSpec]
  /// Those of environments that could not be read as well.
  let files: Set<String>

  func problems() -> [Diagnostic] { stackProblems() + firewallProblems() + siteProblems() + userProblems() }

  private func userProblems() -> [Diagnostic] {
    host.users.filter { $0.name.value == "root" }.map { user in
      Diagnostic(
        "hosts.root", "root is no user of `users`", at: user.name.location,
        suggestion: "give people accounts of their own, with sudo: true where they may become root")
    }
  }

  // MARK: Stacks

  private func stackProblems() -> [Diagnostic] {
    host.stacks.flatMap { stack -> [Diagnostic] in
      switch stack.source {
      case .environment(let name): environmentProblems(name, stack.stage)
      case .git(_, _, _, let reaches): stageProblems(stack.stage) + reaches.flatMap { reachProblems($0, from: stack) }
      }
    }
  }

  private func environmentProblems(_ name: Located<String>, _ stage: Located<String>?) -> [Diagnostic] {
    guard let environment = environments[name.value] else {
      // One that cannot be read is reported where it is.
      if files.contains(where: { $0.hasSuffix("/\(name.value).yaml") || $0.hasSuffix("/\(name.value).yml") }) {
        return []
      }
      return [unknown("environment", name, among: Array(environments.keys))]
    }
    if environment.apps.isEmpty, environment.services.isEmpty {
      return [
        Diagnostic(
          "hosts.empty-stack", "\(name.value) has no app and no service: nothing would run", at: name.location,
          suggestion: "give the environment an app, or take the stack out")
      ]
    }
    let stages = environment.stages.map(\.name.value)
    guard let stage, !stages.contains(stage.value) else { return [] }
    return [unknown("stage of \(name.value)", stage, among: stages)]
  }

  private func stageProblems(_ stage: Located<String>?) -> [Diagnostic] {
    guard let stage else { return [] }
    return [
      Diagnostic(
        "hosts.stage", "a Compose file from Git has no stages", at: stage.location, suggestion: "take `stage` out")
    ]
  }

  private func reachProblems(_ reached: HostSpec.Reached, from stack: HostSpec.Stack) -> [Diagnostic] {
    let others = host.stacks.map(\.name.value).filter { $0 != stack.name.value }
    guard others.contains(reached.stack.value),
      let other = host.stacks.first(where: { $0.name.value == reached.stack.value })
    else { return [unknown("other stack on \(host.name.value)", reached.stack, among: others)] }
    guard case .environment(let name) = other.source, let environment = environments[name.value] else { return [] }
    let services = environment.apps.map(\.name.value) + environment.services.map(\.name.value)
    if services.contains(reached.service.value) { return [] }
    return [unknown("service in the stack \(other.name.value)", reached.service, among: services)]
  }

  // MARK: Firewall

  private func firewallProblems() -> [Diagnostic] {
    var problems = (host.firewall.ssh + host.firewall.open.flatMap(\.from)).filter { !NetworkRange.isValid($0.value) }
      .map { network in
        Diagnostic(
          "hosts.network", "\"\(network.value)\" is no network", at: network.location,
          suggestion: "an address, or one and the length of its prefix, as in 10.0.0.0/8")
      }
    var seen: Set<String> = []
    for port in host.firewall.open {
      let isTCP = port.transport == "tcp"
      if !seen.insert("\(port.number.value)/\(port.transport)").inserted {
        problems.append(opened(port, "port \(port.number.value) is opened twice", "write its networks in one entry"))
      } else if isTCP, port.number.value == host.firewall.sshPort {
        problems.append(opened(port, "port \(port.number.value) is SSH's", "say who may use it under firewall.ssh"))
      } else if isTCP, let https = host.https, port.number.value == 443 || port.number.value == 80 && https.redirects {
        problems.append(opened(port, "port \(port.number.value) is the HTTPS front's, and open", "take it out"))
      }
    }
    return problems
  }

  private func opened(_ port: HostSpec.Port, _ message: String, _ help: String) -> Diagnostic {
    Diagnostic("hosts.port", message, at: port.number.location, suggestion: help)
  }

  // MARK: The HTTPS front

  private func siteProblems() -> [Diagnostic] {
    guard let https = host.https else { return [] }
    var problems: [Diagnostic] = []
    var used: Set<String> = []
    for site in https.sites {
      var paths: Set<String> = []
      for route in site.routes {
        if !paths.insert(route.path.value.last == "/" ? String(route.path.value.dropLast()) : route.path.value).inserted
        {
          problems.append(
            Diagnostic(
              "hosts.route", "\(site.domain.value) has two routes for \(route.path.value)", at: route.path.location,
              suggestion: "a path leads to one place: take one out"))
        }
        for user in route.users {
          used.insert(user.value)
          if !https.users.contains(where: { $0.user.value == user.value }) {
            problems.append(unknown("user of https.users", user, among: https.users.map(\.user.value)))
          }
        }
        problems += targetProblems(route)
      }
    }
    return problems
      + https.users.filter { !used.contains($0.user.value) }.map { user in
        Diagnostic(
          "hosts.unused-user", "no route of the host asks for \(user.user.value)", at: user.user.location,
          suggestion: "name the user under `users` of a route, or take the user out")
      }
  }

  private func targetProblems(_ route: HostSpec.Route) -> [Diagnostic] {
    switch route.target {
    case .port: return appProblem(route)
    case .metrics:
      if host.metrics != nil { return appProblem(route) }
      return [
        Diagnostic(
          "hosts.route", "the host has no metrics", at: route.path.location,
          suggestion: "add `metrics: {}` to it, or take the route out")
      ]
    case .stack(let name):
      guard let stack = host.stacks.first(where: { $0.name.value == name.value }) else {
        return [unknown("stack on \(host.name.value)", name, among: host.stacks.map(\.name.value))]
      }
      guard case .environment(let customer) = stack.source else {
        return [
          Diagnostic(
            "hosts.route", "\(name.value) is somebody else's Compose file: which of its ports is meant is not known",
            at: name.location, suggestion: "name the port that it publishes on 127.0.0.1, as in port: 8080")
        ]
      }
      guard let environment = environments[customer.value] else { return [] }
      return appProblems(route.app, of: environment, at: name.location)
    }
  }

  private func appProblem(_ route: HostSpec.Route) -> [Diagnostic] {
    guard let app = route.app else { return [] }
    return [
      Diagnostic(
        "hosts.route", "`app` goes with `stack`", at: app.location, suggestion: "name the stack, or take `app` out")
    ]
  }

  private func appProblems(
    _ app: Located<String>?, of environment: EnvironmentSpec, at location: SourceLocation
  ) -> [Diagnostic] {
    let apps = environment.apps.filter { $0.port != nil }.map(\.name.value)
    if let app { return apps.contains(app.value) ? [] : [unknown("app with a port", app, among: apps)] }
    if apps.count == 1 { return [] }
    return [
      Diagnostic(
        "hosts.route", "\(environment.customer.value) has \(apps.isEmpty ? "no app with a port" : "several apps")",
        at: location, suggestion: apps.isEmpty ? "give its app a port" : "name one: app: \(Phrase.alternatives(apps))")
    ]
  }

  private func unknown(_ what: String, _ name: Located<String>, among known: [String]) -> Diagnostic {
    let known = known.sorted()
    let near = nearest(to: name.value, among: known.prefix(UseChecker.nearLimit)).map { "did you mean \"\($0)\"?" }
    return Diagnostic(
      "hosts.unknown-name", "there is no \(what) \(ShapeChecker.shown(name.value))", at: name.location,
      suggestion: near ?? (known.isEmpty ? "there is none" : "there are: \(Phrase.some(known, limit: 30))"))
  }
}
