public import KilnPacker

/// What bakes a machine: a builder of Packer's, by its name in the template and on the command line.
public enum MachineBuilder: String, Sendable, Hashable, CaseIterable {
  case azure = "azure-arm"
  case docker
}

extension EnvironmentSpec.Machine {
  /// Those that the template has.
  public var builders: [MachineBuilder] { azure == nil ? [.docker] : [.azure, .docker] }

  /// Those that run where none is named: the machine itself where the spec describes one in Azure, and no container beside
  /// it, which needs Docker.
  public var usualBuilders: [MachineBuilder] { azure == nil ? [.docker] : [.azure] }

  /// What a builder leaves behind.
  public func kinds(of builder: MachineBuilder) -> [ArtifactKind] {
    switch builder {
    case .docker: [.dockerImage]
    case .azure:
      switch azure?.capture {
      case nil: []
      case .vhd: [.vhd]
      case .managedImage: [.managedImage]
      // The version is made from a managed image.
      case .gallery: [.galleryImage, .managedImage]
      }
    }
  }
}

extension EnvironmentSpec.DeploymentParameters {
  /// Parameters, then tokens.
  public var uses: [EnvironmentSpec.ParameterUse] { self.set + tokens }

  /// Where the patched files are written: never over the files where a secret's value is put into them.
  public func output(of secrets: [EnvironmentSpec.Secret]) -> EnvironmentSpec.ParameterOutput {
    let values = Set(
      secrets.filter { if case .environment = $0.source { true } else { false } }.map(\.name.value))
    let holdsSecret = uses.contains { $0.secret.map(values.contains) ?? false }
    return holdsSecret ? .dist : output?.value ?? .inPlace
  }
}

extension EnvironmentSpec.ParameterUse {
  /// The kind of artifact that it becomes; nil for a secret.
  public var kind: ArtifactKind? { if case .artifact(let kind) = source { kind } else { nil } }
  /// The name of the secret that it becomes; nil for an artifact.
  public var secret: String? { if case .secret(let name) = source { name } else { nil } }
}
