import KilnDiagnostics

/// What a team's CI system is told, from `kiln.yaml`.
public struct PipelineSettings: Sendable, Hashable {
  /// A registry that needs a login.
  public struct Login: Sendable, Hashable {
    public enum Account: Sendable, Hashable {
      case text(String)
      /// One that the CI system keeps in a variable.
      case variable(String)
    }

    public let registry: String
    public let account: Account
    /// The variable that holds it.
    public let password: String
  }

  /// The branch whose commits are deployed.
  public let branch: String
  /// Shell that puts `kiln` on the PATH; nil where it is there.
  public let install: String?
  /// What jobs run in; nil for the agent itself.
  public let image: String?
  public let githubLabels: [String]
  public let gitlabTags: [String]
  /// Nil for Microsoft's agents.
  public let azurePool: String?
  /// Nil for any.
  public let jenkinsLabel: String?
  public let logins: [Login]
  /// The variable that holds a kubeconfig; nil for the agent's own.
  public let kubeconfig: String?
  /// The variable that holds an access token of GitLab's.
  public let gitlabToken: String?
  /// Seconds that each part of a deployment may take; nil for what `kiln deploy` gives it.
  public let timeout: Int?
  /// Whether environments are brought up and verified before they are deployed.
  public let bringsUp: Bool
  /// Whether a stage's domains are asked after a deployment.
  public let asksAddresses: Bool

  /// Everything by its default.
  public init() { self.init(SpecNode(.map([]), at: .init(file: "kiln.yaml"))) }

  package init(_ node: SpecNode) {
    let node = Shape.pipeline.filled(node)
    branch = node.required("branch").requiredText
    install = node["install"]?.requiredText
    image = node["image"]?.requiredText
    let agents = Shape.pipelineAgents.filled(node.required("agents"))
    githubLabels = agents.texts("github")
    gitlabTags = agents.texts("gitlab")
    azurePool = agents["azure-pipelines"]?.requiredText
    jenkinsLabel = agents["jenkins"]?.requiredText
    logins = (node.required("registries").items ?? []).map { entry in
      let account = entry.required("username")
      return Login(
        registry: entry.required("registry").requiredText,
        account: account["env"].map { .variable($0.requiredText) } ?? .text(account.requiredText),
        password: entry.required("password").required("env").requiredText)
    }
    kubeconfig = node["kubeconfig"]?.required("env").requiredText
    gitlabToken = node["gitlabToken"]?.required("env").requiredText
    timeout = node["timeout"]?.requiredInteger
    bringsUp = node.required("up").boolean ?? false
    asksAddresses = node.required("addresses").boolean ?? false
  }
}
