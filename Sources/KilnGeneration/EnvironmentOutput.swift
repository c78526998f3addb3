public import KilnArtifacts

/// A generated image: its Dockerfile and the files that it copies, by their paths in the context.
public struct ImageOutput: Sendable {
  public let dockerfile: String
  public let files: [(path: String, bytes: [UInt8])]

  /// All of the context that is generated.
  public var context: [(path: String, bytes: [UInt8])] { [("Dockerfile", Array(dockerfile.utf8))] + files }
}

/// The images of an environment.
public struct EnvironmentImages: Sendable {
  public let apps: [(name: String, image: ImageOutput)]
  public let services: [(name: String, image: ImageOutput)]
}

/// Goss files, by their names in the customer's folder.
public struct GossOutput: Sendable {
  public let files: [(name: String, text: String)]
}

/// What Packer bakes a machine from.
public struct PackerOutput: Sendable {
  public let template: String
  public let plugins: String
  public let playbook: String
  /// What the playbook copies, by its path beside it.
  public let files: [(path: String, bytes: [UInt8])]
  /// What machines are told when they start, by its file's name.
  public let values: [(name: String, text: String)]
}

/// Everything that is generated for one environment but its runtime, which it may share.
public struct EnvironmentOutput: Sendable {
  public let customer: String
  /// The spec's file, as shown to the user.
  public let source: String
  public let images: EnvironmentImages
  /// Of tests and their helpers.
  public let testImages: [(name: String, image: ImageOutput)]
  /// Nil where there is neither an application nor a service.
  public let compose: String?
  /// Nil where there are no tests.
  public let testCompose: String?
  public let goss: GossOutput
  /// Nil where there is no machine.
  public let packer: PackerOutput?
  /// Manifests, by their paths in the folder `kubernetes`.
  public let kubernetes: [(path: String, text: String)]
  /// Load tests' plans and what belongs to them, by name.
  public let loadTests: [(name: String, text: String)]
  /// Azure's deployment template and parameters, by name.
  public let azure: [(name: String, text: String)]

  /// The same as files below the output folder.
  /// - Throws: `ArtifactConflict` for a mistake of Kiln's.
  public func add(to tree: inout ArtifactTree) throws(ArtifactConflict) {
    for (name, image) in images.apps + testImages {
      try tree.add(image, at: GeneratedFolder.app(name, of: customer), source: source)
    }
    for (name, image) in images.services {
      try tree.add(image, at: GeneratedFolder.service(name, of: customer), source: source)
    }
    if let compose { try tree.add("\(customer)/compose.yaml", Artifact(compose, source: source)) }
    if let testCompose { try tree.add("\(customer)/compose.tests.yaml", Artifact(testCompose, source: source)) }
    for (name, text) in goss.files { try tree.add("\(customer)/\(name)", Artifact(text, source: source)) }
    for (path, text) in kubernetes {
      try tree.add("\(GeneratedFolder.kubernetes(of: customer))/\(path)", Artifact(text, source: source))
    }
    for (name, text) in loadTests { try tree.add("\(customer)/\(name)", Artifact(text, source: source)) }
    for (name, text) in azure { try tree.add("\(customer)/azure/\(name)", Artifact(text, source: source)) }
    guard let packer else { return }
    for (name, text) in packer.values {
      try tree.add("\(GeneratedFolder.machine(of: customer))/\(name)", Artifact(text, source: source))
    }
    let folder = GeneratedFolder.packer(of: customer)
    try tree.add("\(folder)/\(customer).json", Artifact(packer.template, source: source))
    try tree.add("\(folder)/plugins.pkr.hcl", Artifact(packer.plugins, source: source))
    try tree.add("\(folder)/playbook.yml", Artifact(packer.playbook, source: source))
    for file in packer.files { try tree.add("\(folder)/\(file.path)", Artifact(file.bytes, source: source)) }
  }
}

extension ArtifactTree {
  mutating func add(_ image: ImageOutput, at folder: String, source: String) throws(ArtifactConflict) {
    for file in image.context { try add("\(folder)/\(file.path)", Artifact(file.bytes, source: source)) }
  }
}

/// Folders below the output folder; contexts have the same below `dist`.
public enum GeneratedFolder {
  public static func runtime(_ id: String) -> String { "\(OutputUnit.runtimes)/\(id)" }
  public static func app(_ name: String, of customer: String) -> String { "\(customer)/apps/\(name)" }
  public static func service(_ name: String, of customer: String) -> String { "\(customer)/services/\(name)" }
  static func machine(of customer: String) -> String { "\(customer)/machine" }
  public static func kubernetes(of customer: String) -> String { "\(customer)/kubernetes" }
  /// What Ansible provisions.
  public static let hosts = "hosts"
  static func packer(of customer: String) -> String { "\(customer)/packer" }
}
