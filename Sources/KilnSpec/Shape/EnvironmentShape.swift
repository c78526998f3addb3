import KilnDocuments
import KilnPacker

extension Shape {
  static let name = TextRule(
    "a name", pattern: "[a-z][a-z0-9]*(-[a-z0-9]+)*",
    rule: "lower-case letters, digits and single hyphens, a letter first", lengths: 1...63)
  static let definitionName = TextRule(
    "a name", pattern: "[a-z][a-z0-9]*([.-][a-z0-9]+)*",
    rule: "lower-case letters, digits and single hyphens or dots, a letter first")
  static let customerName = TextRule(
    "a customer's name", pattern: "[a-z][a-z0-9]*(-[a-z0-9]+)*",
    rule: "lower-case letters, digits and single hyphens, a letter first: it names images, namespaces and machines",
    lengths: 1...40)
  static let variableName = TextRule(
    "a variable's name", pattern: "[A-Za-z_][A-Za-z0-9_]*", rule: "letters, digits and underscores, no digit first")
  static let secretName = TextRule(
    "a secret's name", pattern: "[A-Z][A-Z0-9_]*", rule: "capitals, digits and underscores, a letter first",
    lengths: 1...64)
  static let tokenName = TextRule(
    "a token's name", pattern: "[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?",
    rule: "letters, digits, and . _ - inside; it is written __NAME__ in the files")
  static let path = TextRule("a path", lengths: 1...4096)
  static let absolutePath = TextRule(
    "an absolute path", pattern: "/[^\\x00-\\x1f\\x7f]*",
    rule: "a path that begins with / and has no control characters",
    lengths: 1...1024)
  static let mode = TextRule("a mode", pattern: "[0-7]{3,4}", rule: "three or four octal digits, as in \"0644\"")
  static let command = TextRule("a command", lengths: 1...100_000)
  static let quantity = TextRule(
    "an amount", pattern: "[1-9][0-9]{0,8}(Mi|Gi|Ti)", rule: "a whole number with Mi, Gi or Ti, as in 20Gi")
  /// 1 to 65535.
  private static let portNumber =
    "([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
  static let registry = TextRule(
    "a registry",
    pattern: "[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\(portNumber))?(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*",
    rule: "HOST[:PORT][/PATH], the path in lower case, as in acme.azurecr.io or registry.example.com:5000/team",
    lengths: 1...250)

  /// `environments/*.yaml`; a profile is the same without `customer`.
  public static let environment = Shape.object(environmentObject)

  static let environmentObject = ObjectShape(
    "the environment",
    [
      .init("version", .integer(1...1), required: true, "the format's version", example: "1"),
      .init(
        "customer", .text(customerName), required: true,
        "the environment's name, unique in the workspace: the customer's, or the product's where there is one environment only",
        example: "acme"
      ),
      .init("profile", .text(definitionName.naming(.profile)), "the profile merged beneath", example: "lamp"),
      .init(
        "runtime", .object(runtime), required: true, "the rarely changing image, shared by all whose runtime is equal"),
      .init(
        "app", .object(app),
        "the customer's only application, an image of its own on top of the runtime: the same as `apps: {app: …}`"),
      .init(
        "apps", .map(keys: appName, values: .object(app), maximum: 100), default: "{}",
        "the customer's applications by name, each an image of its own, at most 100; others reach them by these names"),
      .init(
        "services", .map(keys: definitionName.naming(.service), values: .anything), default: "{}",
        "data services, each an image of its own; the keys are those of the catalog", example: "{redis: {}}"),
      .init(
        "secrets", .map(keys: secretName, values: .choice(secret)), default: "{}",
        "secrets by reference; values never live here", example: "{DB_PASSWORD: {env: ACME_DB_PASSWORD}}"),
      .init(
        "images",
        .object(
          ObjectShape(
            "images",
            [
              .init(
                "registry", .text(registry), "where images are pushed to; beats the workspace's",
                example: "acme.azurecr.io")
            ])), default: "{}", "how images are named"),
      .init("machine", .object(machine), "the same runtime and app as a virtual machine image"),
      .init(
        "load", load,
        "load tests, which `kiln load` runs: one, or several by name; where a value is a map, it is several",
        example: "{path: /, users: 50, p95: 800ms}"),
      .init("deploy", .choice(deploy), "where it runs", example: "{kubernetes: {namespace: acme}}"),
      .init(
        "tests", tests, default: "{}",
        "containers that `kiln test` runs in an environment of their own; one that does not end with 0 fails",
        example: "{smoke: {source: ../tests/smoke, command: [php, smoke.php]}}"),
      .init(
        "helpers", helpers, default: "{}", "what tests need beside the environment, reached by these names",
        example: "{mail: {image: \"axllent/mailpit:v1.20\"}}"),
      .init(
        "seed", .object(seed), "what puts data into the environment of tests before they run",
        example: "{command: [php, bin/seed.php]}"),
      .init(
        "stages", .map(keys: name, values: .object(stage), maximum: 100), default: "{}",
        "deployments of the same images; they may change values and sizes only",
        example: "{qa: {scaleSet: {capacity: 1}}, production: {}}"),
    ])

  static let runtime = ObjectShape(
    "runtime",
    [
      .init(
        "base", .text(definitionName.naming(.base)), required: true, "the base of image and machine",
        example: "debian-12"),
      .init(
        "components", .map(keys: definitionName.naming(.component), values: .anything), default: "{}",
        "what is installed, with each component's parameters", example: "{php: {version: \"8.2\"}}"),
      .init(
        "packages", .list(.text(TextRule("a package", lengths: 1...200))), default: "[]",
        "packages of the base's distribution that need no component", example: "[curl]"),
      .init(
        "environment", environmentMap, default: "{}", "variables of the runtime itself",
        example: "{TZ: Europe/Amsterdam}"),
    ])

  static let httpPath = TextRule(
    "a path", pattern: "/[!-~]*", rule: "an HTTP path that begins with /, ASCII, without blanks", lengths: 1...2000)

  static let check = ObjectShape(
    "the check",
    [
      .init("path", .text(httpPath), required: true, "the HTTP path", example: "/login"),
      .init("status", .integer(100...599), default: "200", "the status; redirects are not followed", example: "302"),
      .init(
        "content", .text(TextRule("a text", lengths: 1...10_000)), "a text that the page has", example: "Sign in"),
    ])

  /// Also the first part of what its workers and jobs are called.
  static let appName = TextRule(
    "an app's name", pattern: "[a-z][a-z0-9]*(-[a-z0-9]+)*",
    rule: "lower-case letters, digits and single hyphens, a letter first", lengths: 1...30)

  static let limits = ObjectShape(
    "limits",
    [
      .init("cpus", .number(0.01...1024), "processors, as in 0.5", example: "1.5"),
      .init("memory", .text(quantity), "memory, at least 6Mi", example: "512Mi"),
    ])

  static let environmentMap = Shape.map(keys: variableName, values: .scalar)

  static let tokens = ObjectShape(
    "tokens",
    [
      .init(
        "files", .list(.text(path), minimum: 1), required: true, "the only files in which __NAME__ is replaced",
        example: "[app/config/config.build.ini]"),
      .init(
        "values", .map(keys: tokenName, values: .scalar), required: true, "what __NAME__ becomes; all must be found",
        example: "{cs-brand: ACME}"),
    ])

  /// `kiln.yaml`.
  public static let workspace = Shape.object(
    ObjectShape(
      "kiln.yaml",
      [
        .init("version", .integer(1...1), required: true, "the format's version", example: "1"),
        .init(
          "registry", .text(registry), "where images are pushed to, unless an environment says otherwise",
          example: "registry.example.com/kiln"),
        .init(
          "output", .text(path), default: "generated", "the folder that `kiln generate` writes, inside the workspace",
          example: "generated"),
        .init(
          "allow", .list(.text(path)), default: "[]",
          "folders outside the workspace's Git repository that sources, overlays and other files may be in",
          example: "[../shared-apps]"),
        .init(
          "allowLoadPlans", .boolean, default: "false",
          "whether load tests may be JMeter plans of the specs' own: they are programs, which `kiln load` runs on this machine",
          example: "true"),
        .init(
          "profile", .text(definitionName.naming(.profile)), "the profile of environments that name none",
          example: "lamp"),
        .init("build", .object(build), default: "{}", "how `docker buildx bake` builds the fleet"),
        .init(
          "clusters", .map(keys: name, values: .object(cluster)), default: "{}",
          "the Kubernetes clusters that environments run in", example: "{production: {context: aks-production}}"),
        .init(
          "notify", .list(.choice(notification), maximum: 20), default: "[]",
          "who is told of failed and recovered deployments", example: "[{slack: {env: SLACK_WEBHOOK}}]"),
        .init(
          "pipeline", .object(pipeline), default: "{}",
          "what the CI system is told by the definition that `kiln pipeline` writes", example: "{branch: main}"),
      ]))

  static let cacheText = TextRule(
    "a cache", pattern: "[!-~]+", rule: "as BuildKit writes it, ASCII without blanks: type=registry,ref=…",
    lengths: 1...1000)

  static let build = ObjectShape(
    "build",
    [
      .init(
        "platforms",
        .list(.text(TextRule("a platform", pattern: "[a-z0-9]+/[a-z0-9]+(/[a-z0-9]+)?", rule: "as in linux/arm64"))),
        default: "[]", "what images are built for; the builder's own without", example: "[linux/amd64, linux/arm64]"),
      .init(
        "provenance", .text(TextRule("a mode", allowed: ["min", "max"])), "attests how images were built",
        example: "max"),
      .init("sbom", .boolean, default: "false", "attests what is in them", example: "true"),
      .init(
        "cacheFrom", .list(.text(cacheText)), default: "[]",
        "caches that builds read; {{target}} is the target's name",
        example: "[\"type=registry,ref=registry.example.com/cache:{{target}}\"]"),
      .init(
        "cacheTo", .list(.text(cacheText)), default: "[]", "caches that builds write",
        example: "[\"type=registry,ref=registry.example.com/cache:{{target}},mode=max\"]"),
    ])
}

extension Shape {
  /// What every service takes beside its definition's parameters.
  public static let serviceUse = Shape.object(serviceUseObject)

  static let serviceUseObject = ObjectShape(
    "the service",
    [
      .init(
        "from", .text(TextRule("a source", allowed: ["image", "packages"])), default: "image",
        "the official image, or the base's packages", example: "packages"),
      .init("storage", .text(quantity), "how much its volume holds", example: "20Gi"),
      .init(
        "database",
        .text(TextRule("a database's name", pattern: "[A-Za-z0-9_-]{1,63}", rule: "letters, digits, _ and -")),
        "the database that the first start makes; with `user` and `password`", example: "acme"),
      .init(
        "user", .text(TextRule("an account", pattern: "[A-Za-z0-9_-]{1,32}", rule: "letters, digits, _ and -")),
        "the account that may use it", example: "acme"),
      .init(
        "password", .text(secretName.withheld), "the secret that is the account's password", example: "DB_PASSWORD"),
      .init("limits", .object(limits), "what its container may use of the machine", example: "{memory: 1Gi}"),
      .init(
        "settings", .map(keys: TextRule("a setting"), values: .scalar), default: "{}",
        "its configuration file; `kiln components SERVICE` lists what it takes", example: "{max_connections: 500}"),
    ])
}

extension Shape {
  /// Folders of the output folder that are no customer's.
  static let reservedCustomers: Set = ["contexts", "hosts", "runtimes"]

  /// The rule that `name` breaks as a customer's name, or nil.
  public static func customerProblem(_ name: String) -> String? {
    guard let pattern = customerName.pattern, TextPattern.matches(name, pattern),
      customerName.lengths.contains(name.count)
    else { return "\(customerName.rule ?? ""), at most \(customerName.lengths.upperBound) characters" }
    if reservedCustomers.contains(name) { return "the output folder has a folder of that name for other files" }
    return nil
  }
}
