/// `pipeline` in `kiln.yaml`: what a team's CI system is told.
extension Shape {
  static let branchName = TextRule(
    "a branch", pattern: "[A-Za-z0-9_][A-Za-z0-9_.+-]*(/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*",
    rule: "letters, digits and . _ + - between slashes", lengths: 1...200)
  private static let label = TextRule(
    "an agent's label", pattern: "[A-Za-z0-9][A-Za-z0-9 ._-]*", rule: "letters, digits, blanks and . _ -",
    lengths: 1...100)
  private static let imageName = TextRule(
    "an image", pattern: "[A-Za-z0-9][A-Za-z0-9._:/@-]*", rule: "as `docker pull` takes it", lengths: 1...300)
  private static let registryAccount = TextRule(
    "a registry's account", pattern: "[!-~]+", rule: "ASCII without blanks", lengths: 1...200)

  static let pipeline = ObjectShape(
    "pipeline",
    [
      .init(
        "branch", .text(branchName), default: "main", "the branch whose commits are built, baked and deployed",
        example: "main"),
      .init(
        "install", .text(command), "shell that puts `kiln` on an agent's PATH; without it, it must be there",
        example: "sh ci/get-kiln.sh"),
      .init(
        "image", .text(imageName), "the container image that jobs run in: it has `kiln`",
        example: "registry.example.com/ci/kiln:1"),
      .init("agents", .object(pipelineAgents), default: "{}", "which agents run the jobs"),
      .init(
        "registries", .list(.object(pipelineRegistry), maximum: 20), default: "[]",
        "registries that need a login before images are pushed or pulled"),
      .init(
        "kubeconfig", .object(secretVariable("the kubeconfig's variable", "KUBECONFIG_DATA")),
        "the secret that is a kubeconfig; the agent's own without", example: "{env: KUBECONFIG_DATA}"),
      .init(
        "gitlabToken", .object(secretVariable("the token's variable", "KILN_GITLAB_TOKEN")),
        "the secret that is an access token with which the plan is written to merge requests; GitHub and Azure give their jobs one",
        example: "{env: KILN_GITLAB_TOKEN}"),
      .init(
        "timeout", .integer(10...7200),
        "`kiln deploy --timeout`: seconds that data services, each job and the apps of a release may take, 600 without; of machines, the deployment, the machines and the pages, 1800 without",
        example: "300"),
      .init(
        "up", .boolean, default: "false",
        "whether an environment is brought up on the agent and verified before it is deployed; its secrets are random then",
        example: "true"),
      .init(
        "addresses", .boolean, default: "false",
        "whether `kiln verify --url` asks the domains of a stage, from the agent, after a deployment", example: "true"),
    ])

  static let pipelineAgents = ObjectShape(
    "agents",
    [
      .init(
        "github", .list(.text(label), minimum: 1, maximum: 20), default: "[ubuntu-24.04]", "labels of `runs-on`",
        example: "[self-hosted, linux]"),
      .init(
        "gitlab", .list(.text(label), maximum: 20), default: "[]", "tags of the runners", example: "[docker]"),
      .init(
        "azure-pipelines", .text(label), "a pool of your own; Microsoft's `ubuntu-24.04` without", example: "linux"),
      .init("jenkins", .text(label), "the label of the agents; any without", example: "linux"),
    ])

  private static let pipelineRegistry = ObjectShape(
    "the registry",
    [
      .init("registry", .text(registry), required: true, "the registry", example: "registry.example.com"),
      .init(
        "username", .either(.text(registryAccount), .object(variable("the account's variable", "CI_REGISTRY_USER"))),
        required: true, "the account, or the variable that the CI system keeps it in", example: "ci"),
      .init(
        "password", .object(secretVariable("the password's variable", "REGISTRY_PASSWORD")), required: true,
        "the secret that is its password", example: "{env: REGISTRY_PASSWORD}"),
    ])

  private static func variable(_ name: String, _ example: String) -> ObjectShape {
    ObjectShape(name, [.init("env", .text(variableName), required: true, "the variable", example: example)])
  }

  private static func secretVariable(_ name: String, _ example: String) -> ObjectShape {
    ObjectShape(
      name,
      [.init("env", .text(variableName.withheld), required: true, "the variable that holds it", example: example)],
      form: "write where it comes from: {env: VARIABLE}")
  }
}
