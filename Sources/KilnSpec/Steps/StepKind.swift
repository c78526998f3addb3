public import KilnDiagnostics

/// A kind of step: its key in a definition, what may stand there, and the value that comes of it.
///
/// Each kind is a file of this folder, with its case in `Step`; what a kind is in a Dockerfile and in a playbook is a case
/// of `ContainerSteps` and `PlaybookLowering`, which the compiler asks for.
struct StepKind: Sendable {
  let key: String
  let shape: Shape
  let summary: String
  /// Rules for fields whose parameters are filled in: a definition's own shape cannot know what a spec puts there. What a
  /// lowering writes without quoting (a package, an account, a checksum) is only what passed here.
  let rules: @Sendable (inout StepFields) -> Void
  /// The value of a body that fits the shape and the rules.
  let make: @Sendable (SpecNode) -> Step

  init(
    _ key: String, _ shape: Shape, _ summary: String, rules: @escaping @Sendable (inout StepFields) -> Void,
    make: @escaping @Sendable (SpecNode) -> Step
  ) {
    self.key = key
    self.shape = shape
    self.summary = summary
    self.rules = rules
    self.make = make
  }

  /// In the order of the documentation.
  static let all: [StepKind] = [
    .packages, .repository, .download, .file, .directory, .user, .link, .run, .environment, .service,
  ]

  var keyShape: ObjectShape.Key { .init(key, shape, summary) }

  /// An object's own keys, in a kind's file.
  static func object(_ name: String, _ keys: [ObjectShape.Key]) -> Shape { .object(ObjectShape(name, keys)) }
}

extension Step {
  /// A step of a definition, with its parameters filled in.
  ///
  /// A file that names a template, or another file, is empty.
  /// - Returns: Nil, with what is wrong, where a rule of its kind does not hold.
  public static func make(
    _ node: SpecNode, on family: PackageFamily, problems: inout [Diagnostic]
  ) -> Step? {
    for kind in StepKind.all {
      guard let entry = node.entries?.first(where: { $0.key == kind.key }) else { continue }
      let body = kind.shape.filled(entry.value)
      var fields = StepFields(kind: kind.key, body: body, location: entry.keyLocation, family: family)
      kind.rules(&fields)
      problems += fields.problems
      return fields.problems.isEmpty ? kind.make(body) : nil
    }
    return nil
  }
}

/// What a step leaves behind: what can be asked of a finished container and of a machine.
public enum StepFact: Sendable, Hashable {
  /// A package's name, without version.
  case package(String)
  case repository(Step.Repository)
  /// Nil where the step does not say.
  case file(path: String, mode: String, owner: String?, group: String?, sha256: String)
  case directory(path: String, mode: String?, owner: String?, group: String?)
  case link(path: String, target: String)
  /// With a group of the same name.
  case account(String)
  case exists(path: String)
  /// Set for every process of the services.
  case variable(String)
}
