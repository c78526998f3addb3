/// Where environments run, and what a stage changes.
extension Shape {
  /// RFC 1123, as Kubernetes takes it for namespaces.
  static let namespace = TextRule(
    "a namespace", pattern: "[a-z0-9]([a-z0-9-]*[a-z0-9])?",
    rule: "lower-case letters, digits and hyphens, none at the ends", lengths: 1...63)
  /// What most other objects of a cluster are called.
  static let objectName = TextRule(
    "a name in a cluster", pattern: "[a-z0-9]([a-z0-9.-]*[a-z0-9])?",
    rule: "lower-case letters, digits, hyphens and dots, none at the ends", lengths: 1...253)
  static let portRange = Shape.integer(1...65535)
  static let uuid = TextRule(
    "an id", pattern: "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    rule: "a UUID in lower case, as in 11111111-2222-3333-4444-555555555555")

  /// What a cluster's administrator has named; an environment's own beats the cluster's.
  private static let clusterSettings: [ObjectShape.Key] = [
    .init("ingressClass", .text(objectName), "the class of Ingresses; the cluster's default without", example: "nginx"),
    .init(
      "issuer", .text(objectName), "cert-manager's ClusterIssuer, which gives domains their certificates",
      example: "letsencrypt"),
    .init(
      "storageClass", .text(objectName), "the class of claims; the cluster's default without",
      example: "managed-premium"),
    .init(
      "pullSecret", .text(objectName), "the Secret with which images are pulled; it must be in the namespace",
      example: "registry-acme"),
  ]

  /// One of `clusters` in `kiln.yaml`.
  static let cluster = ObjectShape(
    "the cluster",
    [
      .init(
        "context", .text(TextRule("a kube context", pattern: "[!-~]+", rule: "ASCII without blanks", lengths: 1...253)),
        required: true, "the kubeconfig's context: nothing is deployed to another", example: "aks-production"),
      .init(
        "registry", .text(registry),
        "where the cluster pulls images from, if not where they are pushed to: a mirror of it",
        example: "mirror.example.com"),
      .init(
        "keyVault",
        .object(
          ObjectShape(
            "keyVault",
            [
              .init("tenant", .text(uuid), required: true, "the id of the vaults' tenant"),
              .init("identity", .text(uuid), required: true, "the client id of the managed identity that reads them"),
            ])), "how secrets of key vaults are read: by the Secrets Store CSI driver"),
      .init(
        "monitoring", .object(monitoring),
        "what Prometheus asks, where the cluster has its operator: a Probe for each app"),
    ] + clusterSettings)

  /// One of `notify` in `kiln.yaml`.
  static let notification = ObjectShape(
    "the notification",
    [
      .init("slack", .object(webhook), "an incoming webhook of Slack's", example: "{env: SLACK_WEBHOOK}"),
      .init("webhook", .object(webhook), "a URL that takes JSON", example: "{env: RELEASE_WEBHOOK}"),
    ], exactlyOneOf: ["slack", "webhook"], form: "write where its URL comes from: {slack: {env: VARIABLE}}")

  private static let webhook = ObjectShape(
    "the webhook",
    [
      .init(
        "env", .text(variableName.withheld), required: true, "the variable that holds its URL, which is a secret",
        example: "SLACK_WEBHOOK")
    ])

  private static let monitoring = ObjectShape(
    "monitoring",
    [
      .init(
        "exporter", .text(TextRule("an address", pattern: "[!-~]+", rule: "HOST:PORT", lengths: 1...300)),
        required: true,
        "the blackbox exporter", example: "blackbox-exporter.monitoring:9115"),
      .init(
        "module", .text(TextRule("a module", pattern: "[!-~]+", rule: "ASCII without blanks", lengths: 1...100)),
        default: "http_2xx", "the exporter's module, which says what answer is well", example: "http_2xx"),
      .init(
        "labels", .map(keys: labelName, values: .text(labelValue)), default: "{}",
        "labels by which the cluster's Prometheus finds its probes", example: "{release: prometheus}"),
    ])

  private static let labelName = TextRule(
    "a label's name", pattern: "([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?",
    rule: "letters, digits, and . _ - inside, at most 63, with a domain and a slash before it or not", lengths: 1...317)
  private static let labelValue = TextRule(
    "a label's value", pattern: "([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?",
    rule: "letters, digits, and . _ - inside, at most 63")

  static let deploy = ObjectShape(
    "deploy",
    [
      .init("kubernetes", .object(kubernetes), "in a namespace of a Kubernetes cluster"),
      .init("azure", .object(azureDeployment), "the machine's image, in a resource group of Azure's"),
    ], exactlyOneOf: ["kubernetes", "azure"], form: "write where it runs: {kubernetes: {}} or {azure: {}}")

  static let kubernetes = ObjectShape(
    "kubernetes",
    [
      .init(
        "cluster", .text(name), "one of kiln.yaml's clusters; not needed where there is one", example: "production"),
      .init(
        "namespace", .text(namespace), "the namespace; `CUSTOMER` without, and `CUSTOMER-STAGE` of a stage",
        example: "acme"),
      .init(
        "egress", .list(.object(egress), maximum: 100), default: "[]",
        "what apps may reach besides the environment itself: a mail server, a payment service",
        example: "[{cidr: 0.0.0.0/0, ports: [443]}]"),
    ] + clusterSettings)

  private static let egress = ObjectShape(
    "the destination",
    [
      .init(
        "cidr",
        .text(
          TextRule(
            "a range of addresses",
            pattern: "([0-9]{1,3}\\.){3}[0-9]{1,3}/([0-9]|[12][0-9]|3[0-2])|[0-9a-f:]*:[0-9a-f:]*/[0-9]{1,3}",
            rule: "an address and the length of its prefix, as in 10.0.0.0/8")), required: true,
        "the addresses", example: "0.0.0.0/0"),
      .init("ports", .list(portRange, maximum: 100), default: "[]", "TCP ports; all without", example: "[443]"),
    ])

  /// How many run.
  static let replicas = Shape.either(.integer(1...1000), .object(replicaRange))

  static let replicaRange = ObjectShape(
    "replicas",
    [
      .init("min", .integer(1...1000), required: true, "at least", example: "2"),
      .init("max", .integer(2...1000), required: true, "at most", example: "10"),
      .init(
        "cpu", .integer(10...100), default: "70",
        "more run while the processors' use is above this, in percent of what they ask for",
        example: "70"),
    ])

  static let stage = ObjectShape(
    "the stage",
    [
      .init(
        "after", .text(name), "the stage that a release must have passed: this one takes its images", example: "qa"),
      .init(
        "approval", .boolean, default: "false", "whether somebody must approve: `kiln promote --approve`",
        example: "true"),
      .init("kubernetes", .object(stageKubernetes), default: "{}", "where the stage runs"),
      .init("azure", .object(stageAzure), "where the stage's machines run", example: "{resourceGroup: acme-qa}"),
      .init("scaleSet", .object(scaleSet(named: false)), "the scale set in this stage", example: "{capacity: 1}"),
      .init(
        "app", .object(stageApp), "what the only app is given in this stage", example: "{environment: {APP_ENV: qa}}"),
      .init(
        "apps", .map(keys: appName, values: .object(stageApp)), default: "{}", "what apps are given in this stage",
        example: "{care: {environment: {APP_ENV: qa}}}"),
      .init(
        "load", stageLoad, "how much the load tests ask in this stage, and what they allow", example: "{users: 5}"),
    ],
    refused: inImages(["runtime", "services", "images", "machine", "profile", "secrets", "base", "components"]))

  private static let stageKubernetes = ObjectShape(
    "kubernetes",
    [
      .init("cluster", .text(name), "one of kiln.yaml's clusters, instead of `deploy`'s", example: "test"),
      .init("namespace", .text(namespace), "the namespace, instead of `deploy`'s", example: "acme-qa"),
    ])

  private static let stageApp = ObjectShape(
    "the app in a stage",
    [
      .init(
        "environment", environmentMap, default: "{}", "variables that are others in this stage, and more of them",
        example: "{APP_ENV: qa}"),
      .init("replicas", replicas, "how many run in this stage", example: "1"),
      .init("limits", .object(limits), "what its container may use in this stage", example: "{memory: 256Mi}"),
      .init(
        "domains", .list(.text(domain), maximum: 100), "the names by which browsers reach it in this stage",
        example: "[qa.care.acme.example]"),
      .init(
        "workers", .map(keys: appName, values: .object(stageWorker)), default: "{}", "its workers in this stage",
        example: "{queue: {replicas: 1}}"),
    ],
    refused: inImages(
      app.keys.map(\.name).filter { !["environment", "replicas", "limits", "domains", "workers"].contains($0) }))

  private static let stageWorker = ObjectShape(
    "the worker in a stage",
    [
      .init("replicas", .integer(1...100), "how many run", example: "1"),
      .init("limits", .object(limits), "what each may use", example: "{memory: 128Mi}"),
    ])

  /// Keys of what all stages have alike.
  private static func inImages(_ keys: [String]) -> [String: (id: String, message: String)] {
    Dictionary(
      uniqueKeysWithValues: keys.map {
        ($0, ("spec.stage-changes-image", "a stage cannot change \"KEY\": all stages run the same images"))
      })
  }
}
