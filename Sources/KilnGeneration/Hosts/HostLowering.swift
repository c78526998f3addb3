import KilnAnsible
import KilnDocuments
import KilnPlan
import KilnSpec
import SystemPackage

/// A host as variables of the roles in `playbooks/roles`.
struct HostLowering {
  let plan: HostPlan
  /// The way from the inventory's folder to the workspace's root, as in `../..`, or the root's own path.
  let root: String

  private var host: HostSpec { plan.spec }

  /// The port of Prometheus on the host's loopback address.
  private static let metricsPort = 9090

  // MARK: How it is reached

  var connection: AnsibleMap {
    let reach = host.reach
    var map: AnsibleMap = [
      "ansible_host": .text(host.address.value), "ansible_port": .integer(reach.port),
      "ansible_user": .text(reach.user),
    ]
    if let key = reach.key?.value { map.set("ansible_ssh_private_key_file", path(key.string)) }
    var options: [String] = []
    if let jump = reach.jump { options.append("-o ProxyJump=\(jump)") }
    guard reach.hostKey != nil else {
      if !options.isEmpty { map.set("ansible_ssh_common_args", .text(options.joined(separator: " "))) }
      return map
    }
    map.set("kiln_ssh_options", .text(options.joined(separator: " ")))
    map.set("ansible_ssh_common_args", Self.pinned)
    return map
  }

  /// The key of the file `known_hosts` alone counts, whatever the host's address is.
  private static let pinned: AnsibleValue =
    #"{{ kiln_ssh_options }} -o HostKeyAlias=kiln-{{ inventory_hostname }} -o StrictHostKeyChecking=yes -o "UserKnownHostsFile=\"{{ inventory_dir }}/known_hosts\"""#

  /// Its line of `known_hosts`.
  var knownKey: String? { host.reach.hostKey.map { "kiln-\(plan.name) \($0)" } }

  private func path(_ path: String) -> AnsibleValue {
    if path.hasPrefix("/") || path.hasPrefix("~/") { return .text(path) }
    if root.hasPrefix("/") { return .text("\(root)/\(path)") }
    // The rule of the key leaves no brace.
    return AnsiblePath("\(root)/\(path)").map { .besideInventory($0) } ?? .text(path)
  }

  // MARK: What it is

  /// In the order in which they are done.
  var roles: [String] {
    var roles = ["basics", "firewall"]
    if host.docker != nil { roles.append("docker") }
    if host.https != nil { roles.append("https") }
    if host.metrics != nil { roles.append("metrics") }
    if !plan.stacks.isEmpty { roles.append("stacks") }
    return roles
  }

  var variables: AnsibleMap {
    let system = host.system
    var map: AnsibleMap = ["host_roles": .texts(roles)]
    if let base = Self.distribution(of: host.base.value) { map.set("host_base", .text(base)) }
    map.set(
      "basics_users",
      .list(
        host.users.map {
          .map([
            "name": .text($0.name.value), "keys": .texts($0.keys), "sudo": .bool($0.isAdministrator),
          ])
        }))
    map.set("basics_time_zone", .text(system.timeZone))
    map.set("basics_upgrades", .map(["automatic": .bool(system.upgrades), "reboot": .text(system.reboot ?? "")]))
    map.set("basics_journal", .map(["size": .text(system.journalSize), "days": .integer(system.journalDays)]))
    map.set("basics_kernel", .map(AnsibleMap(names: system.kernel.map { ($0.name, .text($0.value)) })))
    addFirewall(to: &map)
    if let docker = host.docker { add(docker, to: &map) }
    if let https = host.https { add(https, to: &map) }
    if let metrics = host.metrics {
      map.set("metrics_choice", "prometheus")
      map.set("metrics_retention", .text(metrics.retention))
      map.set("metrics_path", .text(metricsPath))
    }
    return map
  }

  /// As Ansible's facts have it; nil for a base of the workspace's own, whose name says nothing.
  private static func distribution(of base: String) -> String? {
    ["debian-12", "debian-13", "ubuntu-22.04", "ubuntu-24.04"].contains(base) ? base : nil
  }

  private func addFirewall(to map: inout AnsibleMap) {
    var open = host.firewall.open.map { port -> AnsibleValue in
      .map([
        "port": .integer(port.number.value), "protocol": .text(port.transport), "from": .texts(port.from.map(\.value)),
      ])
    }
    if let https = host.https {
      let ports = https.redirects ? [443, 80] : [443]
      open = ports.map { .map(["port": .integer($0), "protocol": "tcp", "from": .list([])]) } + open
    }
    map.set("firewall_open", .list(open))
    map.set(
      "firewall_ssh",
      .map(["port": .integer(host.firewall.sshPort), "from": .texts(host.firewall.ssh.map(\.value))]))
  }

  private func add(_ docker: HostSpec.Docker, to map: inout AnsibleMap) {
    map.set("docker_log", .map(["size": .text(docker.logSize), "files": .integer(docker.logFiles)]))
    let pools = docker.pools.map { AnsibleValue.map(["base": .text($0.base), "size": .integer($0.size)]) }
    map.set("docker_address_pools", .list(pools))
    map.set("docker_registries", .texts(docker.plainRegistries))
  }

  private func add(_ https: HostSpec.HTTPS, to map: inout AnsibleMap) {
    map.set("https_redirect", .bool(https.redirects))
    map.set("https_sites", .list(https.sites.map { site($0, https.certificate) }))
    map.set(
      "https_passwords",
      .list(
        https.users.compactMap { user in
          AnsibleVariableName(user.variable).map {
            .map(["name": .text(user.user.value), "password": .environment($0)])
          }
        }))
  }

  private func site(_ site: HostSpec.Site, _ certificate: HostSpec.Certificate) -> AnsibleValue {
    let source: AnsibleMap =
      switch certificate {
      case .acme(let mail): ["kind": "acme", "mail": .text(mail)]
      case .local: ["kind": "local"]
      case .files(let certificate, let key): ["kind": "files", "certificate": .text(certificate), "key": .text(key)]
      }
    return .map([
      "name": .text(site.domain.value), "certificate": .map(source),
      "routes": .list(
        site.routes.map { route in
          .map([
            "path": .text(route.path.value), "upstream": .text("127.0.0.1:\(port(of: route))"),
            "users": .texts(route.users.map(\.value)),
          ])
        }),
    ])
  }

  private func port(of route: HostSpec.Route) -> Int {
    switch route.target {
    case .port(let port): port
    case .metrics: Self.metricsPort
    // The rules leave no route to what is not there.
    case .stack(let stack): plan.port(of: route.app, in: stack.value) ?? 0
    }
  }

  /// Below which path Prometheus answers: that of the first route to it.
  private var metricsPath: String {
    let routes = (host.https?.sites ?? []).flatMap(\.routes)
    return routes.first { $0.target == .metrics }?.path.value ?? "/"
  }
}
