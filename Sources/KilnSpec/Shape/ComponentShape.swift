extension Shape {
  static let parameterName = TextRule(
    "a parameter's name", pattern: "[a-z][A-Za-z0-9]*", rule: "letters and digits, a lower-case letter first")

  /// `templates/bases/*.yaml`.
  public static let base = Shape.object(
    ObjectShape(
      "the base",
      [
        kind("base"), summary,
        .init(
          "image", .text(imageReference), required: true, "the container image that it is based on",
          example: "debian:bookworm-slim"),
        .init(
          "family", .text(TextRule("a family", allowed: PackageFamily.allCases.map(\.rawValue))), required: true,
          "whose packages it has",
          example: "debian"),
        .init(
          "azure",
          .object(
            ObjectShape(
              "azure",
              [
                .init("publisher", .text, required: true, "the marketplace image's publisher", example: "Debian"),
                .init("offer", .text, required: true, "its offer", example: "debian-12"),
                .init("sku", .text, required: true, "its SKU, of generation 2", example: "12-gen2"),
                .init("generation1", .text, "the SKU of generation 1", example: "\"12\""),
              ])), required: true, "the marketplace image that it is based on in Azure"),
      ]))

  static let imageReference = TextRule(
    "an image reference", pattern: "[a-zA-Z0-9][a-zA-Z0-9._:/@-]*", rule: "[HOST/]PATH[:TAG][@DIGEST]", lengths: 1...400
  )

  static func kind(_ kind: String) -> ObjectShape.Key {
    .init(
      "kind", .text(TextRule("a kind", allowed: [kind])), default: kind == "component" ? "component" : nil,
      "what the file describes, in a workspace's `components` folder", example: kind)
  }

  static let summary = ObjectShape.Key(
    "summary", .text, required: true, "one line for `kiln components`", example: "PHP with the Apache module")

  static let parameter = ObjectShape(
    "the parameter",
    [
      .init(
        "type", .text(TextRule("a type", allowed: ["string", "integer", "boolean", "list", "map"])), required: true,
        "string, integer, boolean, list (of strings) or map (of scalars)", example: "string"),
      .init("summary", .text, "one line of what it does"),
      .init("default", .anything, "its value when the spec says none"),
      .init(
        "defaultByBase", .map(keys: definitionName, values: .anything), "its value when the spec says none, by base"),
      .init(
        "defaultWith", .map(keys: definitionName, values: .anything),
        "its value when the spec says none and has this component too"),
      .init(
        "follows",
        .text(TextRule("a key of the app", allowed: ParameterDefinition.AppKey.allCases.map(\.rawValue))),
        "for a component: the key whose value it has when the spec says none, before the defaults", example: "app.port"),
      .init("allowed", .list(.scalar), "the values it takes"),
      .init("allowedByBase", .map(keys: definitionName, values: .list(.scalar)), "the values it takes, by base"),
      .init("pattern", .text, "a regular expression that the whole text, or each whole entry, must match"),
      .init(
        "instead", .map(keys: .any, values: .text), default: "{}",
        "values that users may expect, and the one to write instead; empty for what is built in"),
      .init("minimum", .integer(Int.min...Int.max), "for an integer: the least it may be"),
      .init("maximum", .integer(Int.min...Int.max), "for an integer: the most it may be"),
      .init("keys", .text, "for a map: a regular expression that each whole key must match"),
      .init(
        "required", .boolean, default: "false", "whether the spec must say it, or one of the parameters of `conflicts`"),
      .init(
        "conflicts", .list(.text(parameterName)), default: "[]",
        "parameters that the spec does not say beside it"),
      .init(
        "needs", .list(.text(parameterName)), default: "[]",
        "parameters that the spec says too, as it would do nothing without them"),
    ])

  static let stepObject = ObjectShape(
    "the step",
    StepKind.all.map(\.keyShape) + [
      .init("only", .text(TextRule("a side", allowed: ["container", "machine"])), "for a step that only one side has"),
      .init(
        "each", .text(parameterName),
        "a list or map parameter: the step once for each {{item}}, or {{key}} and {{value}}"),
      .init("when", .text(parameterName), "a parameter: the step only when that is true, or not empty"),
    ], exactlyOneOf: StepKind.all.map(\.key))

  static let sha256 = TextRule(
    "a SHA-256", pattern: "([0-9a-f]{64}|\\{\\{[A-Za-z0-9]+\\}\\})", rule: "64 hexadecimal digits in lower case")
  static let account = TextRule(
    "an account", pattern: "[a-z_][a-z0-9_-]*", rule: "an account's name: lower case, digits, _ and -",
    lengths: 1...32)

  static let signal = TextRule(
    "a signal", allowed: ["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGWINCH", "SIGUSR1", "SIGUSR2"])

  static let verify = ObjectShape(
    "the check",
    [
      .init("command", .list(.text, minimum: 1), required: true, "the program and its arguments"),
      .init("stdout", .list(.text), default: "[]", "texts that its output has"),
      .init("exit", .integer(0...255), default: "0", "its exit status"),
      .init(
        "only", .text(TextRule("a side", allowed: ["container", "machine"])), "for a check that only one side passes"),
      .init("each", .text(parameterName), "a list or map parameter: the check once for each"),
      .init("when", .text(parameterName), "a parameter: the check only when that is true, or not empty"),
    ])

  static let parametersKey = ObjectShape.Key(
    "parameters", .map(keys: parameterName, values: .object(parameter)), default: "{}", "what a spec may set")

  /// `templates/components/*.yaml`.
  public static let component = Shape.object(
    ObjectShape(
      "the component",
      [
        kind("component"), summary, parametersKey,
        .init(
          "requires", .list(.text(definitionName)), default: "[]",
          "components that come before it and are added where missing"),
        .init(
          "requiresOneOf", .list(.text(definitionName)), default: "[]",
          "components of which the spec has one, which comes before it by its `order`"),
        .init("conflicts", .list(.text(definitionName)), default: "[]", "components that it cannot be used with"),
        .init(
          "order", .integer(0...99), default: "50",
          "when its packages are installed: lower ones first, as what most customers share should be"),
        .init(
          "beforePackages", .boolean, default: "false",
          "whether all of its steps come before the packages of others, as a script that adds a package source must"),
        .init("bases", .list(.text(definitionName)), default: "[]", "the bases it works on; all without"),
        .init("steps", .list(.choice(stepObject)), required: true, "what it does, in order"),
        .init("verify", .list(.object(verify)), default: "[]", "what is checked afterwards, in container and machine"),
      ]))

  /// `templates/services/*.yaml`.
  public static let service = Shape.object(
    ObjectShape(
      "the service",
      [
        kind("service"), summary, parametersKey,
        .init("port", .integer(1...65535), required: true, "the port it answers on"),
        .init(
          "data", .text(absolutePath), "the folder that a volume is mounted on; none for a service that keeps nothing"),
        .init("user", .text(account), required: true, "the account it runs as"),
        .init("group", .text(account), "the account's group, where it has another name"),
        .init("image", .text(TextRule("an image reference", lengths: 1...400)), "the official image"),
        .init("environment", environmentMap, default: "{}", "variables of the official image"),
        .init(
          "secrets", .list(.text(variableName)), default: "[]",
          "variables of the official image that name a secret's file"),
        .init(
          "packages",
          .object(
            ObjectShape(
              "packages",
              [
                .init(
                  "bases", .list(.text(definitionName), minimum: 1), required: true, "the bases that have the packages"),
                .init("steps", .list(.choice(stepObject), minimum: 1), required: true, "how it is installed"),
                .init(
                  "command", .list(.text, minimum: 1), required: true, "what the container runs, in the foreground"),
                .init("verify", .list(.object(verify)), default: "[]", "what is checked afterwards"),
              ])), "how it is installed from the base's packages"),
        .init(
          "configuration",
          .object(
            ObjectShape(
              "configuration",
              [
                .init("path", .text(absolutePath), required: true, "the file in the official image"),
                .init("packagesPath", .text(absolutePath), "the file where it comes from packages"),
                .init(
                  "format", .text(TextRule("a format", allowed: ["ini", "redis", "yaml", "postgresql"])),
                  required: true, "how the file is written"),
                .init("section", .text(settingName), "the section of an ini file"),
                .init(
                  "known", .map(keys: settingName, values: .object(setting)), required: true,
                  "the settings a spec may set"),
                .init(
                  "fixed", .map(keys: settingName, values: .scalar), default: "{}",
                  "settings that Kiln sets itself"),
                .init(
                  "machine", .map(keys: settingName, values: .scalar), default: "{}",
                  "settings of `fixed` that are others on a machine, where only what runs there is to reach the service"
                ),
              ])), "the configuration file that `settings` go to; none for a service that takes no settings"),
        .init(
          "health", .list(.text, minimum: 1), required: true,
          "the command that checks whether it is healthy; without a password"),
        .init(
          "stopSignal", .text(signal), default: "SIGTERM", "the signal that stops it gracefully"),
        .init("command", .list(.text, minimum: 1), "what the official image runs; its own command without"),
        .init(
          "initialisation",
          .object(
            ObjectShape(
              "initialisation",
              [
                .init(
                  "entrypoint", .text,
                  "with packages, the file template of the script that prepares an empty data folder and then runs the command"
                ),
                .init("database", .text(variableName), "the official image's variable for `database`"),
                .init("user", .text(variableName), "the official image's variable for `user`"),
                .init(
                  "login",
                  .object(
                    ObjectShape(
                      "login",
                      [
                        .init(
                          "script", .text, required: true,
                          "shell that logs in with `$host`, `$user`, `$database` and `$password`, run in the container"),
                        .init("refusal", .text, required: true, "what it prints where the password is refused"),
                      ])), "how `kiln up` finds out whether the database has a changed password"),
                .init(
                  "needsPassword", .boolean, default: "false",
                  "whether the official image refuses to start without a password"),
              ])), "what the first start does"),
        .init(
          "dump", .object(dump),
          "how `kiln backup` and `kiln restore` carry its data while it runs; without, they carry its volume"),
      ]))

  private static let dump = ObjectShape(
    "dump",
    [
      .init(
        "extension",
        .text(
          TextRule("a dump's extension", pattern: "[a-z0-9]+", rule: "lower-case letters and digits", lengths: 1...12)),
        required: true, "the end of the dump's name", example: "sql"),
      .init("user", .text(account), "the account that runs both; the service's own without", example: "root"),
      .init(
        "backup", .text, required: true,
        "shell that prints the dump, run in the container with `$user`, `$database` and `$password`"),
      .init("restore", .text, required: true, "shell that reads a dump, which takes the place of all that is there"),
    ])
}
