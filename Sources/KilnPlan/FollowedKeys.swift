import KilnDiagnostics
import KilnSpec

/// What the app says that parameters of components may follow: a web server listens on the app's port and serves its folder.
struct FollowedKeys: Hashable {
  let port: Int?
  let workdir: String?

  init(_ app: EnvironmentSpec.App?) {
    port = app?.port?.value
    workdir = app?.workdir.value
  }

  /// What `parameter` has where the spec does not set it; nil where the app does not say, or says what it cannot have.
  ///
  /// The place is the definition's: customers whose apps say the same share a runtime.
  func value(of parameter: ParameterDefinition, on base: String?) -> SpecNode? {
    guard let text = text(parameter.follows) else { return nil }
    let node = SpecNode(
      .scalar(.init(text: text, isPlain: parameter.kind == .integer)), at: parameter.location)
    return ParameterChecker(parameter, base: base).problems(in: node).hasErrors ? nil : node
  }

  private func text(_ key: ParameterDefinition.AppKey?) -> String? {
    switch key {
    case .port: port.map(String.init)
    case .workdir: workdir
    case nil: nil
    }
  }
}
