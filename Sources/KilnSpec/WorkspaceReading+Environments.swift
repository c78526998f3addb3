import KilnArtifacts
import KilnCatalog
import KilnDiagnostics
import KilnProcesses
import SystemPackage

extension WorkspaceReading {
  /// An environment's file, before anything else is known of it.
  struct Read: Sendable {
    let file: String
    var text: String?
    var node: SpecNode?
    /// Scalars that no excerpt may show; nil where the text could not be read.
    var hidden: [SpecNode]?
    var problems: [Diagnostic] = []

    init(_ file: String, in root: FilePath, _ containment: Containment) {
      self.file = file
      switch SourceStore.text(root.appending(file), as: file, within: containment) {
      case .failure(let error): problems = error.diagnostics
      case .success(let text):
        self.text = text
        (node, problems) = YAMLReader(file: file).read(text)
        let secrets = node.map(LiteralSecrets.inEnvironment)
        hidden = secrets?.hidden
        problems += secrets?.problems ?? []
      }
    }
  }

  /// Files are read, and merged with their profiles, by all workers; profiles are merged once, in between.
  mutating func readEnvironments(defaultProfile: Located<String>?, _ workers: Workers) -> [EnvironmentSpec] {
    let (root, containment) = (root, containment)
    let names = files(in: "environments").map { "environments/\($0)" }
    environmentFiles = Set(names)
    guard let read = try? workers.map(names, { Read($0, in: root, containment) }) else { return [] }
    let uses = UseChecker(definitions.definitions)
    var profiles = ProfileMerger(definitions.definitions)
    var checked: [String: CheckedProfile] = [:]
    var waiting: [(file: String, node: SpecNode, profile: CheckedProfile?, isWhole: Bool)] = []
    for one in read {
      problems += one.problems
      if let text = one.text {
        store.add(text, as: one.file)
        store.mask(one.file, one.hidden)
      }
      guard let node = one.node else { continue }
      guard node.entries != nil else {
        problems += ShapeChecker().problems(in: node, .environment)
        continue
      }
      if let customer = node.optional("customer") { customers.append(customer) }
      guard let name = node.optional("profile") ?? defaultProfile else {
        waiting.append((one.file, node, nil, true))
        continue
      }
      if checked[name.value] == nil { checked[name.value] = profiles.tree(name).map { CheckedProfile($0, uses) } }
      let profile = checked[name.value]
      waiting.append((one.file, node, profile, profile != nil))
    }
    problems += profiles.problems
    let found =
      (try? workers.map(waiting) { file, node, profile, isWhole -> (EnvironmentSpec?, [Diagnostic]) in
        // Problems of the file alone are told even when its profile is unknown.
        guard isWhole else { return (nil, ShapeChecker(isPartial: true).problems(in: node, .environment)) }
        var merger = SpecMerger()
        var placeholder = CustomerPlaceholder(Self.customer(of: node))
        let merged = merger.merge(node, over: profile.map { $0.filled(&placeholder) })
        var problems = ShapeChecker(profile: profile).problems(in: merged, .environment)
        let isDecodable = !problems.hasErrors
        if !merger.empty.isEmpty {
          problems = ShapeChecker(empty: merger.empty, profile: profile).problems(in: merged, .environment)
        }
        // Keys of services decide whether the spec can be decoded; where it cannot, there is no plan to report the rest.
        let found = Set(problems.map(\.location))
        let hasGoodServices = profile?.areGoodServices(of: merged) == true
        if !isDecodable || !hasGoodServices && uses.serviceProblems(in: merged).hasErrors {
          problems += uses.problems(in: merged).filter { !found.contains($0.location) }
        }
        return (
          isDecodable && !problems.hasErrors ? EnvironmentSpec(file: file, tree: merged) : nil,
          (merger.problems + problems).map(placeholder.noted)
        )
      }) ?? []
    problems += found.flatMap(\.1)
    return found.compactMap(\.0)
  }

  /// The customer that a profile's values are for. A name that is missing or wrong is reported as that alone.
  private static func customer(of node: SpecNode) -> Located<String> {
    guard let name = node.optional("customer"), Shape.customerProblem(name.value) == nil else {
      return Located("customer", at: node.location)
    }
    return name
  }

  mutating func checkCustomers() {
    var seen: [String: Located<String>] = [:]
    for customer in customers {
      if let first = seen[customer.value.lowercased()] {
        duplicates.insert(customer.value.lowercased())
        problems.append(
          Diagnostic(
            "spec.duplicate-customer", "customer \"\(customer.value)\" is already described", at: customer.location,
            suggestion: "give each customer one file", notes: [.init("here", at: first.location)]))
      } else {
        seen[customer.value.lowercased()] = customer
      }
    }
  }

  /// A copied file that still has the other's customer, or a misspelt name: every command takes the customer's.
  mutating func checkFileNames() {
    for customer in customers {
      let file = customer.location.file
      let name = stem(String(file.split(separator: "/").last ?? ""))
      // A name that is wrong, or taken, is reported as that.
      guard file.hasPrefix("environments/"), name != customer.value, Shape.customerProblem(customer.value) == nil,
        !duplicates.contains(customer.value.lowercased())
      else { continue }
      problems.append(
        Diagnostic(
          "spec.file-name", "the customer is \"\(customer.value)\", but the file is called \(name)",
          severity: .warning, at: customer.location,
          suggestion: "rename the file to \(customer.value).yaml, or the customer"))
    }
  }

  mutating func checkReservedNames() {
    for customer in customers where Shape.reservedCustomers.contains(customer.value) {
      problems.append(
        Diagnostic(
          "spec.reserved-name", "a customer cannot be called \"\(customer.value)\"", at: customer.location,
          suggestion: "the output folder has a folder of that name for other files; choose another name"))
    }
  }

  /// The output folder and the applications' sources are apart.
  mutating func checkOutput(_ settings: Settings, _ environments: [EnvironmentSpec]) {
    let place = OutputPlace(root: root)
    let output = root.pushing(settings.output)
    var seen: Set<FilePath> = []
    func check(_ path: Located<FilePath>) -> Bool {
      guard seen.insert(path.value).inserted, place.overlaps(output, path.value) else { return true }
      problems.append(
        OutputPlace.problem(
          "output \"\(settings.output)\" and the app's folder \"\(path.value)\" overlap",
          at: settings.outputLocation ?? path.location))
      return settings.outputLocation == nil
    }
    for environment in environments {
      for app in environment.allApps {
        guard check(app.source), app.overlays.allSatisfy(check) else { return }
      }
    }
  }
}
