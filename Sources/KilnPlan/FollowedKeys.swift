import KilnDiagnostics
import KilnSpec

/// What the app says that parameters of components may follow: a web server listens on the app's port and serves its folder.
struct FollowedKeys: Hashable {
  let port: Int?
  let workdir: String?
  /// Nil where the app has none, or no parameter follows them: runtimes do not differ by them then.
  let domains: [String]?

  /// - Parameter components: Those that the spec names; they may require others.
  init(_ app: EnvironmentSpec.App?, of components: [String] = [], _ definitions: Definitions = Definitions()) {
    port = app?.port?.value
    workdir = app?.workdir.value
    let own = app?.domains.map(\.value) ?? []
    let isFollowed =
      !own.isEmpty
      && definitions.reach(of: components).contains { name in
        definitions.components[name]?.parameters.contains { $0.follows == .domains } ?? false
      }
    domains = isFollowed ? own : nil
  }

  /// What `parameter` has where the spec does not set it; nil where the app does not say, or says what it cannot have.
  ///
  /// The place is the definition's: customers whose apps say the same share a runtime.
  func value(of parameter: ParameterDefinition, on base: String?) -> SpecNode? {
    guard let content = content(parameter.follows, at: parameter.location) else { return nil }
    let node = SpecNode(content, at: parameter.location)
    return ParameterChecker(parameter, base: base).problems(in: node).hasErrors ? nil : node
  }

  private func content(_ key: ParameterDefinition.AppKey?, at location: SourceLocation) -> SpecNode.Content? {
    switch key {
    case .port: port.map { .scalar(.init(text: String($0), isPlain: true)) }
    case .workdir: workdir.map { .scalar(.init(text: $0, isPlain: false)) }
    case .domains: domains.map { Self.list($0, at: location) }
    case nil: nil
    }
  }

  static func list(_ texts: [String], at location: SourceLocation) -> SpecNode.Content {
    .list(texts.map { SpecNode(.scalar(.init(text: $0, isPlain: false)), at: location) })
  }
}

extension Definitions {
  /// Components and all that they require.
  func reach(of names: [String]) -> Set<String> {
    var reach: Set<String> = []
    var pending = names
    while let next = pending.popLast() {
      guard reach.insert(next).inserted else { continue }
      pending += (components[next]?.requires ?? []).map(\.value)
    }
    return reach
  }
}
