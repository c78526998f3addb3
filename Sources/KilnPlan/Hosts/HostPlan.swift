public import KilnSpec

/// A host, and what its stacks and components are.
public struct HostPlan: Sendable {
  public let spec: HostSpec
  public let stacks: [Stack]
  /// Components and packages, resolved as a machine's; nil where there are none.
  public let components: EnvironmentPlan?

  public var name: String { spec.name.value }
  public var group: String { spec.group.value }

  public struct Stack: Sendable {
    public let spec: HostSpec.Stack
    /// An environment at its stage; nil for somebody else's Compose file.
    public let environment: EnvironmentPlan?
    /// Ports of the host's loopback address, by app.
    public let ports: [(app: String, port: Int)]

    public var name: String { spec.name.value }
  }

  /// - Parameters:
  ///   - environments: Plans by customer.
  ///   - components: What `spec.componentSpec` is resolved to.
  /// - Returns: Nil where an environment has no plan, which is reported where it is described.
  public init?(_ spec: HostSpec, environments: [String: EnvironmentPlan], components: EnvironmentPlan?) {
    self.spec = spec
    self.components = components
    var taken: Set<Int> = []
    var stacks: [Stack] = []
    for stack in spec.stacks {
      var environment: EnvironmentPlan?
      if case .environment(let name) = stack.source {
        guard let plan = environments[name.value] else { return nil }
        guard let staged = stack.stage.map({ plan.at(stage: $0.value) }) ?? plan else { return nil }
        environment = staged
      }
      let apps = (environment?.workloads ?? []).filter { $0.kind == .app && $0.port != nil }.map(\.name)
      let ports = apps.map { ($0, Self.port(of: $0, in: stack.name.value, &taken)) }
      stacks.append(Stack(spec: stack, environment: environment, ports: ports))
    }
    self.stacks = stacks
  }

  /// The port that leads to an app: the same whatever other stacks there are, but for the rare two that want one.
  private static func port(of app: String, in stack: String, _ taken: inout Set<Int>) -> Int {
    var number: UInt32 = 2_166_136_261
    // FNV-1a, 32 bits: the same on every machine.
    for byte in "\(stack)/\(app)".utf8 { number = (number ^ UInt32(byte)) &* 16_777_619 }
    var port = ports.lowerBound + Int(number) % ports.count
    while !taken.insert(port).inserted { port = port + 1 < ports.upperBound ? port + 1 : ports.lowerBound }
    return port
  }

  /// Below those that Linux gives to connections, above those of services.
  private static let ports = 20000..<30000

  /// The port that an app of a stack answers on.
  public func port(of app: Located<String>?, in stack: String) -> Int? {
    guard let stack = stacks.first(where: { $0.name == stack }) else { return nil }
    guard let app else { return stack.ports.count == 1 ? stack.ports.first?.port : nil }
    return stack.ports.first { $0.app == app.value }?.port
  }
}
