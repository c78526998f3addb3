import KilnArtifacts
package import KilnDiagnostics
import KilnGeneration
package import KilnPlan
package import KilnSpec
import SystemPackage

/// A workspace that a test writes down: files by their paths, and the catalog beneath. Nothing is read from disk.
package struct SampleWorkspace: Sendable {
  package let definitions: Definitions
  /// Of the environments without errors, by customer.
  package let plans: [EnvironmentPlan]
  /// Without errors, in the order of their files.
  package let hosts: [HostPlan]
  package let problems: [Diagnostic]
  package let build: BuildSettings

  /// What comes with Kiln, read once.
  private static let catalog = WorkspaceReader().catalogDefinitions()

  /// - Parameter files: `environments/*.yaml`, `components/*.yaml`, `profiles/*.yaml`, `components/files/*`, `kiln.yaml`,
  ///   and whatever else they name.
  package init(_ files: [String: String]) {
    var reader = DefinitionReader()
    reader.definitions = Self.catalog
    var problems: [Diagnostic] = []
    func tree(_ path: String) -> SpecNode? {
      let (root, found) = YAMLReader(file: path).read(files[path] ?? "")
      problems += found
      return root
    }
    var specs: [EnvironmentSpec] = []
    let paths = files.keys.sorted()
    for path in paths where path.hasPrefix("components/files/") {
      reader.definitions.templates[String(path.dropFirst("components/files/".count))] = files[path]
    }
    for path in paths where path.hasSuffix(".yaml") {
      let name = String(path.split(separator: "/").last?.dropLast(5) ?? "")
      if path.hasPrefix("components/"), let root = tree(path) {
        let kind = root["kind"]?.scalar.flatMap { DefinitionReader.Kind(rawValue: $0.text) }
        reader.add(kind ?? .component, name, root)
      } else if path.hasPrefix("profiles/"), let root = tree(path) {
        reader.add(.profile, name, root)
      }
    }
    for path in paths where path.hasPrefix("environments/") {
      guard let root = tree(path) else { continue }
      let (merged, found) = Self.merged(root, reader.definitions.profiles)
      let wrong = ShapeChecker().problems(in: merged, .environment)
      problems += found + wrong
      if !wrong.hasErrors { specs.append(EnvironmentSpec(file: path, tree: merged)) }
    }
    let settings = files["kiln.yaml"].flatMap { _ in tree("kiln.yaml") }
    let registry = settings?["registry"].flatMap { node in
      node.scalar.map { Located($0.text, at: node.location) }
    }
    let clusters = (settings?["clusters"]?.entries ?? []).map { Cluster($0) }
    let resolver = PlanResolver(
      definitions: reader.definitions, registry: registry, clusters: clusters, recipes: ImageRecipes()
    ) { path, location in
      if let text = files[path] { return .success(Array(text.utf8)) }
      return .failure(DiagnosticsError([Diagnostic("spec.missing-path", "\(path) is not there", at: location)]))
    }
    var plans: [EnvironmentPlan] = []
    for spec in specs {
      let (plan, found) = resolver.resolve(spec)
      problems += found
      if let plan { plans.append(plan) }
    }
    var hosts = HostReader(reader.definitions)
    for path in paths where path.hasPrefix("hosts/profiles/") {
      hosts.add(profile: String(path.split(separator: "/").last?.dropLast(5) ?? ""), tree(path))
    }
    for path in paths where path.hasPrefix("hosts/") && !path.hasPrefix("hosts/profiles/") {
      if let root = tree(path) { hosts.add(group: root, path) }
    }
    problems += hosts.problems + HostRules.problems(hosts.hosts, specs, files: Set(specs.map(\.file)))
    let known = Dictionary(plans.map { ($0.customer, $0) }) { first, _ in first }
    self.hosts = hosts.hosts.compactMap { host in
      HostPlan(
        host, environments: known, components: host.componentSpec.flatMap { resolver.resolve($0).plan })
    }
    definitions = reader.definitions
    build = settings?["build"].map { BuildSettings($0) } ?? BuildSettings()
    self.plans = plans.sorted { $0.customer < $1.customer }
    self.problems = (reader.problems + problems).inCanonicalOrder()
  }

  /// One environment, whose `version` and `customer` are added, and components by their names.
  package init(_ environment: String, components: [String: String] = [:], files: [String: String] = [:]) {
    var all = files
    all["environments/acme.yaml"] = "version: 1\ncustomer: acme\n" + environment
    for (name, text) in components { all["components/\(name).yaml"] = text }
    self.init(all)
  }

  /// `node` over the profiles that it names.
  private static func merged(_ node: SpecNode, _ profiles: [String: SpecNode]) -> (SpecNode, [Diagnostic]) {
    var merger = SpecMerger()
    var chain = [node]
    while let name = chain.last?["profile"]?.scalar?.text, let next = profiles[name], chain.count < 10 {
      chain.append(next)
    }
    var beneath: SpecNode?
    for node in chain.dropFirst().reversed() { beneath = merger.merge(node, over: beneath) }
    if let customer = node["customer"], let name = customer.scalar?.text {
      var placeholder = CustomerPlaceholder(Located(name, at: customer.location))
      beneath = beneath.map { placeholder.filled($0) }
    }
    return (merger.merge(node, over: beneath), merger.problems)
  }

  /// Everything that `kiln generate` would write, by path below the output folder.
  package func generated() throws -> [String: String] {
    var files: [String: String] = [:]
    var tree = try Generator().generate(plans)
    if !hosts.isEmpty { try HostsOutput(hosts, in: "generated/hosts").add(to: &tree, at: "hosts/") }
    // Roles are the catalog's own files.
    let roles = Set(HostsOutput.roles.map { "hosts/" + $0.path })
    for path in tree.paths where !roles.contains(path.text) {
      files[path.text] = tree[path.text].map { String(decoding: $0.bytes, as: UTF8.self) }
    }
    // In `dist`, with the digests of what is staged.
    files[BakeLowering.fileName] = BakeLowering(plans, build).render()
    return files
  }
}
