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
  public var uses: [EnvironmentSpec.ArtifactUse] { self.set + tokens }
}
