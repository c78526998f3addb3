import KilnSpec

extension EnvironmentPlan {
  /// What `kiln test` runs beside the environment: helpers, then tests, in the order of the spec.
  public var testWorkloads: [Workload] {
    let helpers = spec.helpers.compactMap { helper in
      workload(
        helper.name.value, .helper, helper.container, variables: [],
        health: helper.health.map { .command($0.value) } ?? .image)
    }
    let tests = spec.tests.compactMap { workload($0.service, .test, $0.container, variables: places, health: .image) }
    return helpers + tests
  }

  /// Where a test finds the apps: `KILN_URL` for the only one, `KILN_URL_CARE` for each.
  private var places: [NamedValue] {
    let found = apps.compactMap { app in
      app.spec.port.map { port in
        NamedValue(
          "KILN_URL_\(app.name.uppercased().replacing("-", with: "_"))", "http://\(app.name):\(port.value)")
      }
    }
    let only = found.count == 1 ? found.map { NamedValue("KILN_URL", $0.value) } : []
    return [NamedValue("KILN_CUSTOMER", customer)] + only + found
  }

  /// Nil for one whose image cannot be named, which is reported when the plan is made.
  private func workload(
    _ name: String, _ kind: Workload.Kind, _ container: EnvironmentSpec.TestContainer, variables: [NamedValue],
    health: Workload.Health
  ) -> Workload? {
    let app = testing?.app(named: name)
    let image: Workload.Image
    var account = Workload.Account.officialImage
    if let app, let testing {
      image = .application(name, testing.repository(of: app))
      account = app.spec.command == nil ? .webServer : .own(app.spec.user.value)
    } else {
      guard let reference = container.image.flatMap({ ImageReference($0.value) }) else { return nil }
      image = .fixed(reference)
      if let user = container.user { account = .own(user.value) }
    }
    let own = container.environment.map { NamedValue($0.name, $0.value) }
    return Workload(
      name: name, kind: kind, image: image, digest: app.flatMap { testing?.digest(of: $0) }, account: account,
      // That of an image that Kiln builds is in it.
      command: app == nil ? container.command?.value : nil, health: health, replicas: 1,
      environment: variables.filter { one in !own.contains { $0.name == one.name } } + own,
      secrets: secrets(of: container, named: name, isBuilt: app != nil), port: nil, volumes: [],
      limits: container.limits, dependencies: [], app: nil)
  }

  /// An image that Kiln did not build has nothing that would give it a variable.
  private func secrets(
    of container: EnvironmentSpec.TestContainer, named name: String, isBuilt: Bool
  ) -> [SecretUse] {
    if isBuilt { return testing?.secrets(of: .app(name)) ?? [] }
    let names = Set(container.secrets.map(\.value))
    return spec.secrets.filter { names.contains($0.name.value) }.map { secret in
      var variable = secret.name.value
      if case .environment(let own) = secret.source { variable = own }
      return SecretUse(reader: .app(name), file: secret.name.value, variable: variable)
    }
  }
}
