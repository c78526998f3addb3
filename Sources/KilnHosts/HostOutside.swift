import KilnArtifacts
package import KilnConsole
package import KilnDiagnostics
package import KilnDocuments
import KilnHTTP
import KilnPlan
import KilnProcesses
import KilnSpec
import SystemPackage

/// Looks at hosts as others see them: pages and passwords over HTTPS, and ports that must be closed.
package struct HostOutside: Sendable {
  package struct Check: Sendable, Equatable {
    package let host: String
    /// As in `https://shop.example.com/`.
    package let what: String
    package let isGood: Bool
    /// What was found.
    package let found: String

    package var diagnostic: Diagnostic { Diagnostic("hosts.outside", "\(host): \(what): \(found)") }
  }

  let results: HostResults
  let context: CommandContext

  package init(_ results: HostResults, _ context: CommandContext) {
    self.results = results
    self.context = context
  }

  package func run() async throws -> [Check] {
    var checks: [Check] = []
    for (host, outcome) in zip(results.hosts, results.outcomes) where outcome.isSeen {
      try Interruption.check()
      guard host.spec.reach.jump == nil else {
        context.console.error("\(host.name): behind a jump host: its ports and pages are not looked at from here\n")
        continue
      }
      checks += ports(of: host, outcome.reports["Status"])
      checks += try await pages(of: host, outcome.reports["Root"])
    }
    return checks
  }

  // MARK: Ports

  /// What listens there is open if the spec opens it, and closed otherwise.
  private func ports(of host: HostPlan, _ facts: DocumentValue?) -> [Check] {
    let address = host.spec.address.value
    let opened = Self.opened(host.spec)
    var wanted = Dictionary(
      uniqueKeysWithValues: (facts?["listeners"]?.items ?? []).compactMap { one in
        one["port"]?.integerValue.map { ($0, one["program"]?.textValue ?? "") }
      })
    // Some that must be closed whether a program says that it listens there or not.
    for port in [2375, 2376, 9090, 9100, 9323] where wanted[port] == nil { wanted[port] = "" }
    // Published by Docker without a program that listens.
    for port in host.stacks.flatMap(\.ports).map(\.port) { wanted[port] = "a container" }
    wanted[host.spec.reach.port] = nil
    wanted[host.spec.firewall.sshPort] = nil
    return wanted.keys.sorted().compactMap { port in
      let isExpected = opened.contains(port)
      // Open to some networks only, and this machine may be in one of them.
      if !isExpected, host.spec.firewall.open.contains(where: { $0.number.value == port }) { return nil }
      guard let isOpen = TCPProbe.isOpen(address, port) else {
        return Check(host: host.name, what: "port \(port)", isGood: false, found: "\(address) has no address")
      }
      let program = wanted[port].flatMap { $0.isEmpty ? nil : " (\($0))" } ?? ""
      return Check(
        host: host.name, what: "port \(port)\(program) is \(isExpected ? "open" : "closed")",
        isGood: isOpen == isExpected,
        found: isOpen ? "open" : "closed")
    }
  }

  /// TCP ports that are open to everybody.
  private static func opened(_ spec: HostSpec) -> Set<Int> {
    var ports = Set(spec.firewall.open.filter { $0.transport == "tcp" && $0.from.isEmpty }.map(\.number.value))
    if let https = spec.https {
      ports.insert(443)
      if https.redirects { ports.insert(80) }
    }
    return ports
  }

  // MARK: Pages

  private func pages(of host: HostPlan, _ root: DocumentValue?) async throws -> [Check] {
    guard let https = host.spec.https else { return [] }
    var authority: FilePath?
    if let text = root?.textValue, !text.isEmpty {
      let folder = try FilePath.privateFolder("kiln-hosts")
      let file = folder.appending("root.crt")
      try FileReplacement.replace([.init(path: file, bytes: Array(text.utf8))])
      authority = file
    }
    defer { authority?.removingLastComponent().removeAll() }
    var checks: [Check] = []
    for site in https.sites {
      for route in site.routes {
        let path = route.path.value
        let url = "https://\(site.domain.value)\(path)"
        let plain = try await status(url, host, authority, password: nil)
        if route.users.isEmpty {
          checks.append(
            Check(host: host.name, what: url, isGood: plain.isAnswer, found: plain.text))
          continue
        }
        checks.append(
          Check(
            host: host.name, what: "\(url) without a password is 401", isGood: plain.code == 401, found: plain.text))
        guard let user = route.users.first?.value,
          let variable = https.users.first(where: { $0.user.value == user })?.variable,
          let password = context.environment[variable]
        else { continue }
        let named = try await status(url, host, authority, password: "\(user):\(password)")
        checks.append(
          Check(
            host: host.name, what: "\(url) as \(user)", isGood: named.isAnswer && named.code != 401, found: named.text))
      }
    }
    return checks
  }

  /// What curl got.
  private struct Answer {
    /// Nil where there was none.
    let code: Int?
    let text: String

    /// What the program behind it says, whatever it is: 502 and 504 are the front's own.
    var isAnswer: Bool { code.map { $0 < 500 } ?? false }
  }

  private func status(
    _ url: String, _ host: HostPlan, _ authority: FilePath?, password: String?
  ) async throws -> Answer {
    var config = CurlConfig(url: url, protocols: "https", isDirect: true)
    config.add("output", "/dev/null")
    config.add("write-out", "%{http_code}")
    // The address of the spec, whatever the domain's is: a host is checked before its domain leads there.
    let domain = url.dropFirst("https://".count).prefix { $0 != "/" }
    config.add("connect-to", "\(domain):443:\(Self.bracketed(host.spec.address.value)):443")
    if let authority { config.add("cacert", authority.string) }
    if let password { config.add("user", password) }
    let result = try await Tool("curl", context.processes).output(CurlConfig.arguments, input: config.bytes)
    guard result.isSuccess, let code = Int(result.output.trimmed), code > 0 else {
      return Answer(code: nil, text: CurlFailure(code: result.code).text)
    }
    return Answer(code: code, text: "\(code)")
  }

  private static func bracketed(_ address: String) -> String { address.contains(":") ? "[\(address)]" : address }

  // MARK: Results

  package static func text(_ checks: [Check]) -> String {
    checks.map { "\($0.host): \($0.isGood ? "ok" : "FAILED"): \($0.what)\($0.isGood ? "" : ": \($0.found)")\n" }
      .joined()
  }

  package static func document(_ results: HostResults, _ checks: [Check]) -> DocumentValue {
    guard case .map(var map) = results.document else { return results.document }
    map["checks"] = .list(
      checks.map {
        ["host": .string($0.host), "what": .string($0.what), "good": .bool($0.isGood), "found": .string($0.found)]
      })
    return .map(map)
  }
}
