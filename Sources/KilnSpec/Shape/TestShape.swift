/// What examines an environment of its own, and what that needs beside it.
extension Shape {
  /// So that its image and container, `test-NAME`, have names as apps have.
  private static let testName = TextRule(
    "a test's name", pattern: "[a-z][a-z0-9]*(-[a-z0-9]+)*",
    rule: "lower-case letters, digits and single hyphens, a letter first", lengths: 1...25)
  private static let imageName = TextRule(
    "an image", pattern: "[a-z0-9][A-Za-z0-9._/:@-]*",
    rule: "as an engine takes it: [HOST[:PORT]/]PATH[:TAG][@DIGEST]", lengths: 1...400)
  /// Files in a container, from its `workdir`.
  private static let pattern = TextRule("a pattern", lengths: 1...1000)

  static let tests = Shape.map(keys: testName, values: .choice(test))
  static let helpers = Shape.map(keys: appName, values: .choice(helper))

  /// Keys of an app that a test's or a helper's image is made from.
  private static let built: [ObjectShape.Key] = [
    .init(
      "source", .text(path), "the folder that its image is made from, relative to the file", example: "../tests/smoke"),
    .init(
      "image", .text(imageName), "an image as it is, instead of `source`", example: "selenium/standalone-chromium:4.20"),
    .init(
      "overlays", .list(.text(path), maximum: 1000), default: "[]", "folders laid over the source, the later wins",
      example: "[../tests/acme]"),
    .init(
      "runtime", .object(runtime), "what its image stands on; else the environment's runtime",
      example: "{base: debian-12, components: {chromium: {}}}"),
    .init(
      "install", .list(.either(.text(command), .object(installCommand)), maximum: 1000), default: "[]",
      "commands run in `workdir` once the sources are there", example: "[composer install --no-interaction]"),
    .init(
      "buildSecrets", .list(.text(secretName.withheld)), default: "[]",
      "secrets that the install commands see as variables, and no image keeps", example: "[COMPOSER_AUTH]"),
    .init("build", .object(appBuild), default: "{}", "what the install commands see, and nothing that runs"),
  ]

  private static let run: [ObjectShape.Key] = [
    .init(
      "workdir", .text(absolutePath), default: EnvironmentSpec.Test.folder, "where the sources go", example: "/tests"),
    .init("command", words, "the program and its arguments; without it, the image's own", example: "[php, smoke.php]"),
    .init(
      "user", .text(account), "the account of `command`; `www-data` with `source`, else the image's own",
      example: "www-data"),
    .init(
      "environment", environmentMap, default: "{}", "what it sees besides `KILN_URL`", example: "{BROWSER: chromium}"),
    .init(
      "secrets", .list(.text(secretName.withheld)), default: "[]", "the secrets that it reads, as files",
      example: "[ADMIN_PASSWORD]"),
    .init("limits", .object(limits), "what its container may use of the machine", example: "{memory: 1Gi}"),
  ]

  static let test = ObjectShape(
    "the test",
    built + run + [
      .init(
        "needs", .list(.text(appName), maximum: 100), default: "[]", "helpers that run as long as it does",
        example: "[selenium]"),
      .init(
        "reports", .list(.text(pattern), maximum: 100), default: "[]",
        "JUnit files that it writes, from `workdir`; * and ? stand for letters of a name", example: "[reports/*.xml]"),
      .init(
        "artifacts", .list(.text(pattern), maximum: 100), default: "[]",
        "other files that are kept, as screenshots or coverage; a folder stands for all that is in it",
        example: "[screenshots]"),
      .init("timeout", .text(timeSpan), default: "10m", "how long it may run", example: "90s"),
    ], exactlyOneOf: ["source", "image"])

  static let helper = ObjectShape(
    "the helper",
    built + run + [
      .init(
        "health", words, "a command that succeeds once it answers; else what the image says, or that it runs",
        example: "[curl, -fs, \"http://127.0.0.1:4444/status\"]")
    ], exactlyOneOf: ["source", "image"])

  static let seed = ObjectShape(
    "seed",
    [
      .init(
        "app", .text(appName), "the app whose image, values and secrets it has; else the only one", example: "care"),
      .init("command", words, required: true, "the program and its arguments", example: "[php, bin/seed.php]"),
    ])
}
