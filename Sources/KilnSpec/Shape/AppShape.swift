/// An application, and what runs beside it from the same image.
extension Shape {
  static let app = ObjectShape(
    "app",
    [
      .init(
        "source", .text(path), required: true, "the folder with the application, relative to the file",
        example: "../apps/customer-care"),
      .init(
        "overlays", .list(.text(path), maximum: 1000), default: "[]", "folders laid over the source, the later wins",
        example: "[../customers/acme]"),
      .init(
        "runtime", .object(runtime), "a runtime of its own, instead of the environment's",
        example: "{base: debian-12, components: {nodejs: {}}}"),
      .init(
        "install", .list(.either(.text(command), .object(installCommand)), maximum: 1000), default: "[]",
        "commands run in `workdir` once the sources are there",
        example: "[composer install --no-dev --no-interaction]"),
      .init(
        "buildSecrets", .list(.text(secretName.withheld)), default: "[]",
        "secrets that the install commands see as variables, and no image keeps", example: "[COMPOSER_AUTH]"),
      .init("build", .object(appBuild), default: "{}", "what the install commands see, and nothing that runs"),
      .init("workdir", .text(absolutePath), default: "/var/www/app", "where the sources go", example: "/var/www/app"),
      .init("port", .integer(1...65535), "the port that the app answers on", example: "80"),
      .init(
        "health", .text(httpPath),
        "the HTTP path that answers 200 when the app is healthy; needs `port`", example: "/health.php"),
      .init(
        "checks", .list(.object(check)), default: "[]",
        "pages that `kiln verify` asks for in addition to `health` while the environment runs; they need `port`",
        example: "[{path: /login, content: Sign in}]"),
      .init(
        "domains", .list(.text(domain), maximum: 100), default: "[]",
        "the names by which browsers reach it; needs `port`; on a developer's machine each with `.localhost` behind it",
        example: "[care.acme.example]"),
      .init(
        "replicas", replicas,
        "how many run in a cluster: a number, or a range within which the use of processors decides",
        example: "2"),
      .init(
        "limits", .object(limits), "what its container may use of the machine", example: "{cpus: 1.5, memory: 1Gi}"),
      .init(
        "environment", environmentMap, default: "{}",
        "the app's configuration: given when it runs, and in no image", example: "{APP_ENV: production}"),
      .init(
        "secrets", .list(.text(secretName.withheld)),
        "the secrets that it reads; all but those of builds and deployments where this is left out",
        example: "[DB_PASSWORD]"),
      .init("tokens", .object(tokens), "placeholders replaced while the context is packed"),
      .init(
        "command", words, "what it runs, as `user`, in `workdir`; without it, what the runtime's components run",
        example: "[node, server.js]"),
      .init(
        "user", .text(account), default: "www-data", "the account of `command`, workers and jobs; volumes belong to it",
        example: "www-data"),
      .init(
        "volumes", .map(keys: appName, values: .object(volume), maximum: 100), default: "{}",
        "folders that outlive containers and versions; the app, its workers and its jobs share them",
        example: "{uploads: {path: /var/www/app/uploads, storage: 10Gi}}"),
      .init(
        "workers", .map(keys: appName, values: .object(worker), maximum: 100), default: "{}",
        "programs that run beside the app, from the same image and with the same variables and secrets",
        example: "{queue: {command: [php, bin/worker.php]}}"),
      .init(
        "jobs", .map(keys: appName, values: .choice(job), maximum: 100), default: "{}",
        "programs that end, from the same image: once for each deployment, or by the clock",
        example: "{migrate: {command: [php, bin/migrate.php], run: before-deploy}}"),
    ])

  static let installCommand = ObjectShape(
    "the install command",
    [
      .init("run", .text(command), required: true, "the command", example: "composer install --no-dev --no-scripts"),
      .init(
        "needs", .list(.text(path), minimum: 1), required: true,
        "the files and folders of the source that it reads: it runs before the others are there, and again only when these change",
        example: "[composer.json, composer.lock]"),
    ])

  static let appBuild = ObjectShape(
    "build",
    [
      .init(
        "environment", environmentMap, default: "{}", "variables of the install commands",
        example: "{NODE_ENV: production}")
    ])

  /// RFC 1123, section 2.1. The last label of an IPv4 address is all digits.
  static let domain = TextRule(
    "a domain", pattern: "([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?[.])*[a-z]([a-z0-9-]{0,61}[a-z0-9])?",
    rule: "labels of lower-case letters, digits and hyphens with dots between them, as in care.acme.example; "
      + "no address, no wildcard",
    lengths: 1...253)

  /// A program and its arguments.
  static let words = Shape.list(.text(command), minimum: 1, maximum: 1000)
  static let volume = ObjectShape(
    "the volume",
    [
      .init("path", .text(absolutePath), required: true, "where it is", example: "/var/www/app/uploads"),
      .init("storage", .text(quantity), "how much it holds", example: "10Gi"),
      .init(
        "access", .text(TextRule("an access mode", allowed: ["ReadWriteOnce", "ReadWriteMany"])),
        default: "ReadWriteOnce",
        "whether a cluster mounts it on one node at a time, where all that use it then run, or on many",
        example: "ReadWriteMany"),
      .init("owner", .text(account), "the account that it belongs to; else the app's `user`", example: "www-data"),
    ])

  static let worker = ObjectShape(
    "the worker",
    [
      .init(
        "command", words, required: true, "the program and its arguments, in the app's `workdir`",
        example: "[php, bin/worker.php]"),
      .init("replicas", .integer(1...100), default: "1", "how many run", example: "2"),
      .init(
        "limits", .object(limits), "what each may use of the machine", example: "{memory: 256Mi}"),
      .init(
        "health", words, "a command that succeeds while it is healthy; without it, one that runs is",
        example: "[php, bin/worker-health.php]"),
    ],
    refused: [
      "port": ("spec.worker-port", "a worker has no port: what answers is an app")
    ])

  static let job = ObjectShape(
    "the job",
    [
      .init(
        "command", words, required: true, "the program and its arguments, in the app's `workdir`",
        example: "[php, bin/migrate.php]"),
      .init(
        "run", .text(TextRule("a time", allowed: ["before-deploy"])),
        "once for each deployment, when the data services are well and before the new version serves; one that fails stops it",
        example: "before-deploy"),
      .init(
        "schedule", .text(TextRule("a schedule", lengths: 1...200)),
        "when it runs, as cron writes it: minute, hour, day of the month, month, day of the week",
        example: "\"0 3 * * *\""),
      .init(
        "timeZone", .text(TextRule("a time zone", lengths: 1...64)), "the time zone of `schedule`; UTC without it",
        example: "Europe/Amsterdam"),
      .init("limits", .object(limits), "what it may use of the machine", example: "{memory: 512Mi}"),
    ], exactlyOneOf: ["run", "schedule"])
}
