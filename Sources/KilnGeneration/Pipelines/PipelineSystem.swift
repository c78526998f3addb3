/// A CI system that a release pipeline can be written for.
public enum PipelineSystem: String, Sendable, Hashable, CaseIterable {
  case azurePipelines = "azure-pipelines"
  case github, gitlab, jenkins

  public var title: String {
    switch self {
    case .azurePipelines: "Azure Pipelines"
    case .github: "GitHub"
    case .gitlab: "GitLab"
    case .jenkins: "Jenkins"
    }
  }

  /// Where the system looks for it, from the repository's top.
  public var path: String {
    switch self {
    case .azurePipelines: "azure-pipelines.yml"
    case .github: ".github/workflows/kiln.yml"
    case .gitlab: ".gitlab-ci.yml"
    case .jenkins: "Jenkinsfile"
    }
  }

  /// How a comment begins there.
  public var comment: String { self == .jenkins ? "//" : "#" }

  /// The format of diagnostics that it shows beside the lines of a file.
  var annotations: String? {
    switch self {
    case .github: "github"
    case .azurePipelines: "azure-pipelines"
    case .gitlab, .jenkins: nil
    }
  }

  /// What a deployment's place is called: Azure Pipelines takes no slash.
  func environment(_ target: ReleasePipeline.Target) -> String {
    self == .azurePipelines ? [target.customer, target.stage].compactMap { $0 }.joined(separator: "-") : target.name
  }
}
