import KilnDiagnostics
import KilnDocuments
import KilnSpec

/// Names that Azure, Docker and Kubernetes would refuse, said ones and derived ones, before anything is built.
///
/// Sources: Azure's resource name rules, packer-plugin-azure's config.go, distribution's reference grammar.
struct NameRules {
  /// What a customer's other images are called.
  private static let images: Set<String> = [
    EnvironmentPlan.runtimeName, EnvironmentPlan.machineName,
  ]

  let spec: EnvironmentSpec
  let registry: Located<String>?

  private struct Rule: Sendable {
    let name: String
    let rule: String
    let isMet: @Sendable (String) -> Bool
  }

  func problems() -> [Diagnostic] {
    var found: [Diagnostic] = []
    func check(_ name: Located<String>, _ rule: Rule, derived: String? = nil) {
      let text = derived ?? name.value
      guard !rule.isMet(text) else { return }
      let from = derived == nil ? "" : ", derived from \"\(name.value)\","
      found.append(
        Diagnostic(
          "name.azure", "Azure refuses \"\(text)\"\(from) as \(rule.name)", at: name.location, suggestion: rule.rule))
    }
    if let azure = spec.machine?.azure {
      for (name, rule) in Self.places(azure) {
        switch name {
        case .text(let text): check(text, rule)
        // What it holds is looked at before a bake, and printed by Packer.
        case .variable(let variable): found += secretVariable(variable)
        }
      }
      switch azure.capture {
      case .vhd:
        check(spec.customer, Self.capturePrefix, derived: spec.customer.value)
      case .managedImage(_, let name): check(name, Self.image, derived: "\(name.value)-1700000000")
      case .gallery(_, let gallery, let image, let version, _):
        check(gallery, Self.gallery)
        check(image, Self.galleryImage)
        check(version, Self.version)
      }
      if let name = azure.scaleSet?.name { check(name, Self.scaleSet) }
    }
    found += workloadProblems()
    if let registry {
      let customer = spec.customer.value
      let repositories =
        spec.apps.map { ImageRepository.app($0.name.value, of: customer, below: registry.value) }
        + spec.services.map { .service($0.name.value, of: customer, below: registry.value) }
      for repository in repositories where repository.description.utf8.count > 255 {
        found.append(
          Diagnostic(
            "name.docker", "Docker refuses \"\(repository)\", derived from registry and customer, as a repository",
            at: registry.location,
            suggestion: "a repository's name has at most 255 characters"))
      }
    }
    return found
  }

  /// What runs in the environment, and its volumes, by the names that they get.
  private func workloadProblems() -> [Diagnostic] {
    var found: [Diagnostic] = []
    var taken: [String: NamedWorkload] = [:]
    for one in namedWorkloads {
      if Self.images.contains(one.name) {
        found.append(
          Diagnostic(
            "name.workload",
            "\(one.what) cannot be called \"\(one.name)\": Kiln gives this name to another image", at: one.location,
            suggestion: one.isService ? "give its definition another name" : "rename it"))
      }
      if let other = taken[one.name] {
        found.append(
          Diagnostic(
            "name.workload", "\(other.what) is called \"\(one.name)\" already, by which others reach it",
            at: one.location, suggestion: "rename one", notes: [.init("here", at: other.location)]))
        continue
      }
      taken[one.name] = one
      let label = "\(spec.customer.value)-\(one.name)"
      guard label.utf8.count > 63 else { continue }
      found.append(
        Diagnostic(
          "name.kubernetes", "Kubernetes refuses \"\(label)\", derived from the customer's name, as a label",
          at: one.location, suggestion: "both names have at most 62 characters together"))
    }
    return found + volumeProblems()
  }

  private struct NamedWorkload {
    let name: String
    /// As in `a service`.
    let what: String
    let location: SourceLocation
    var isService: Bool { what == "a service" }
  }

  /// A worker and a job of one name are a problem of their app's.
  private var namedWorkloads: [NamedWorkload] {
    let services = spec.services.map {
      NamedWorkload(name: $0.name.value, what: "a service", location: $0.name.location)
    }
    let apps = spec.apps.map { NamedWorkload(name: $0.name.value, what: "an app", location: $0.name.location) }
    var beside: [NamedWorkload] = []
    for app in spec.apps {
      var names: Set<String> = []
      let parts = app.workers.map { ($0.name, "a worker") } + app.jobs.map { ($0.name, "a job") }
      for (name, what) in parts where names.insert(name.value).inserted {
        beside.append(
          NamedWorkload(
            name: EnvironmentPlan.workload(name.value, of: app.name.value), what: what, location: name.location))
      }
    }
    let tests = spec.tests.map { NamedWorkload(name: $0.service, what: "a test", location: $0.name.location) }
    let helpers = spec.helpers.map { NamedWorkload(name: $0.name.value, what: "a helper", location: $0.name.location) }
    return services + apps + beside + tests + helpers
  }

  private func volumeProblems() -> [Diagnostic] {
    var found: [Diagnostic] = []
    var taken: [String: SourceLocation] = [:]
    for use in spec.services {
      taken[EnvironmentPlan.volume(of: use.name.value)] = use.name.location
      // The claim of its pod in a cluster.
      if spec.kubernetes != nil { taken["data-\(use.name.value)-0"] = use.name.location }
    }
    for app in spec.apps {
      for volume in app.volumes {
        let name = EnvironmentPlan.volume(volume.name.value, of: app.name.value)
        guard let other = taken.updateValue(volume.name.location, forKey: name) else { continue }
        found.append(
          Diagnostic(
            "name.workload", "two volumes are called \"\(name)\"", at: volume.name.location, suggestion: "rename one",
            notes: [.init("the other", at: other)]))
      }
    }
    return found
  }

  /// A variable that holds a secret, as far as its name and the spec say.
  private func secretVariable(_ variable: Located<String>) -> [Diagnostic] {
    let isSecret = spec.secrets.contains { secret in
      if case .environment(let own) = secret.source {
        own == variable.value
      } else {
        secret.name.value == variable.value
      }
    }
    guard isSecret || SecretName.match(variable.value) else { return [] }
    return [
      Diagnostic(
        "name.secret-variable", "\(variable.value) looks like a secret, and names in Azure are printed",
        at: variable.location, suggestion: "name a variable that holds the name of a place, as in KILN_IMAGES_GROUP")
    ]
  }

  /// Where images are kept, which may differ by stage.
  private static func places(_ azure: EnvironmentSpec.Azure) -> [(EnvironmentSpec.AzureName, Rule)] {
    switch azure.capture {
    case .vhd(let group, let account, let container):
      [(group, resourceGroup), (account, storageAccount), (container, Self.container)]
    case .managedImage(let group, _), .gallery(let group, _, _, _, _): [(group, resourceGroup)]
    }
  }

  /// Variables that hold a name in Azure and are not set, or hold what Azure refuses.
  static func problems(of azure: EnvironmentSpec.Azure, in environment: [String: String]) -> [String] {
    places(azure).compactMap { name, rule in
      guard case .variable(let variable) = name else { return nil }
      guard let value = environment[variable.value], !value.isEmpty else {
        return
          "the variable \(variable.value) is \(environment[variable.value] == nil ? "not set" : "empty"); it names \(rule.name)"
      }
      // What looks like a token may be a name as well; it is not printed to find out.
      return rule.isMet(value) && SecretValue.match(value) == nil
        ? nil : "Azure refuses what the variable \(variable.value) holds as \(rule.name): \(rule.rule)"
    }
  }

  private static func has(_ text: String, _ allowed: (UInt8) -> Bool, _ lengths: ClosedRange<Int>) -> Bool {
    lengths.contains(text.utf8.count) && text.utf8.allSatisfy(allowed)
  }
  private static func isLower(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }
  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  private static func isLetter(_ byte: UInt8) -> Bool { isLower(byte) || (0x41...0x5A).contains(byte) }
  private static func isAlphanumeric(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) }
  private static func begins(_ text: String, _ allowed: (UInt8) -> Bool) -> Bool {
    text.utf8.first.map(allowed) ?? false
  }
  private static func ends(_ text: String, _ allowed: (UInt8) -> Bool) -> Bool { text.utf8.last.map(allowed) ?? false }

  private static let storageAccount = Rule(name: "a storage account", rule: "3 to 24 lower-case letters and digits") {
    has($0, { isLower($0) || isDigit($0) }, 3...24)
  }
  private static let container = Rule(
    name: "a blob container", rule: "3 to 63 lower-case letters, digits and single hyphens, no hyphen first or last"
  ) {
    has($0, { isLower($0) || isDigit($0) || $0 == 0x2D }, 3...63) && begins($0, isAlphanumeric)
      && ends($0, isAlphanumeric) && !$0.contains("--")
  }
  private static let capturePrefix = Rule(
    name: "a captured VHD's name prefix (plugin 2.4 and older)", rule: "a customer's name of at most 24 characters"
  ) { $0.utf8.count <= 24 }
  private static let resourceGroup = Rule(
    name: "a resource group", rule: "1 to 90 letters, digits and _ ( ) . -, a letter or digit first, no . or - last"
  ) {
    has($0, { isAlphanumeric($0) || "_().-".utf8.contains($0) }, 1...90) && begins($0, isAlphanumeric)
      && !ends($0) { ".-".utf8.contains($0) }
  }
  private static let image = Rule(
    name: "a managed image",
    rule: "1 to 80 letters, digits and _ . -, a letter or digit first, a letter, digit or _ last"
  ) {
    has($0, { isAlphanumeric($0) || "_.-".utf8.contains($0) }, 1...80) && begins($0, isAlphanumeric)
      && ends($0) { isAlphanumeric($0) || $0 == 0x5F }
  }
  private static let gallery = Rule(
    name: "a gallery", rule: "1 to 80 letters, digits and ., a letter or digit first and last"
  ) {
    has($0, { isAlphanumeric($0) || $0 == 0x2E }, 1...80) && begins($0, isAlphanumeric) && ends($0, isAlphanumeric)
  }
  private static let galleryImage = Rule(
    name: "a gallery image", rule: "1 to 80 letters, digits and - . _, a letter or digit first and last"
  ) {
    has($0, { isAlphanumeric($0) || "-._".utf8.contains($0) }, 1...80) && begins($0, isAlphanumeric)
      && ends($0, isAlphanumeric)
  }
  private static let version = Rule(name: "a gallery image's version", rule: "three whole numbers, as in \"1.0.0\"") {
    text in
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 3 && parts.allSatisfy { part in part.utf8.allSatisfy(isDigit) && Int32(part) != nil }
  }
  private static let scaleSet = Rule(
    name: "a scale set", rule: "1 to 64 letters, digits and _ . -, a letter or digit first, no . or - last"
  ) {
    has($0, { isAlphanumeric($0) || "_.-".utf8.contains($0) }, 1...64) && begins($0, isAlphanumeric)
      && !ends($0) { ".-".utf8.contains($0) }
  }
}

extension EnvironmentPlan {
  /// Why variables give no names to what a bake makes in Azure.
  public func azureProblems(in environment: [String: String]) -> [String] {
    spec.machine?.azure.map { NameRules.problems(of: $0, in: environment) } ?? []
  }
}
