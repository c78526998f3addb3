/// `hosts/*.yaml`: machines that Ansible provisions.
extension Shape {
  static let hostName = TextRule(
    "a host's name", pattern: "[a-z][a-z0-9]*(-[a-z0-9]+)*",
    rule: "lower-case letters, digits and single hyphens, a letter first", lengths: 1...63)
  static let groupName = TextRule(
    "a group's name", pattern: "[a-z][a-z0-9]*(-[a-z0-9]+)*",
    rule: "lower-case letters, digits and single hyphens, a letter first", lengths: 1...40)
  static let hostAddress = TextRule(
    "an address", pattern: "[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+",
    rule: "a host's name or an IP address", lengths: 1...253)
  static let accountName = TextRule(
    "an account", pattern: "[a-z_][a-z0-9_-]*", rule: "lower-case letters, digits, _ and -, no digit first",
    lengths: 1...32)
  static let network = TextRule(
    "a network",
    pattern: "([0-9]{1,3}\\.){3}[0-9]{1,3}(/([0-9]|[12][0-9]|3[0-2]))?|[0-9A-Fa-f]*:[0-9A-Fa-f:]*(/[0-9]{1,3})?",
    rule: "an address, or one and the length of its prefix, as in 10.0.0.0/8")
  private static let publicKey = TextRule(
    "a public key", pattern: "(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-[!-~]+) [A-Za-z0-9+/=]+( [ -~]*)?",
    rule: "as in a file .pub: ssh-ed25519 AAAA… NAME", lengths: 1...8192)
  private static let hostKey = TextRule(
    "a host's key", pattern: "(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/=]+",
    rule: "as `ssh-keyscan` prints it behind the name: ssh-ed25519 AAAA…", lengths: 1...8192)
  private static let jumpHost = TextRule(
    "a jump host", pattern: "([a-z_][a-z0-9_-]*@)?[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?", rule: "[USER@]HOST[:PORT]",
    lengths: 1...300)
  private static let timeOfDay = TextRule(
    "a time of day", pattern: "([01][0-9]|2[0-3]):[0-5][0-9]", rule: "HH:MM, quoted, as in \"04:30\"")
  private static let timeZone = TextRule(
    "a time zone", pattern: "[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*", rule: "as in Europe/Berlin", lengths: 1...64)
  private static let journalSize = TextRule(
    "a size", pattern: "[1-9][0-9]{0,6}[MG]", rule: "a whole number with M or G, as in 500M")
  private static let kernelSetting = TextRule(
    "a kernel setting", pattern: "[a-z0-9_]+([./][A-Za-z0-9_*-]+)+", rule: "as in net.core.somaxconn", lengths: 1...200)
  private static let kernelValue = TextRule(
    "a value", pattern: "[!-~]([ -~]*[!-~])?", rule: "ASCII on one line", lengths: 1...200)
  private static let logSize = TextRule(
    "a size", pattern: "[1-9][0-9]{0,5}[kmg]", rule: "a whole number with k, m or g, as in 50m")
  private static let retention = TextRule(
    "a time", pattern: "[1-9][0-9]{0,4}[dwy]", rule: "a whole number with d, w or y, as in 15d")
  private static let mail = TextRule(
    "a mail address", pattern: "[!-?A-~]+@[A-Za-z0-9.-]+", rule: "NAME@DOMAIN", lengths: 3...254)
  private static let pagePath = TextRule(
    "a path", pattern: "/[A-Za-z0-9._~/-]*", rule: "letters, digits and . _ ~ - between slashes, as in /metrics",
    lengths: 1...200)
  private static let gitAddress = TextRule(
    "a Git repository", pattern: "(https|ssh)://[A-Za-z0-9][!-~]*|[a-z_][a-z0-9_-]*@[A-Za-z0-9.-]+:[!-~]+",
    rule: "an https or ssh address", lengths: 1...1000)
  private static let commit = TextRule(
    "a commit", pattern: "[0-9a-f]{40}", rule: "its whole id, 40 hexadecimal digits, quoted where YAML sees a number")
  private static let fileInside = TextRule(
    "a path", pattern: "[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*",
    rule: "inside the repository, as in deploy/compose.yaml", lengths: 1...400)

  /// `hosts/*.yaml`; a profile is the same without `group` and `hosts`.
  public static let hostGroup = Shape.object(hostGroupObject)

  static let hostGroupObject = ObjectShape(
    "the group of hosts",
    [
      .init("version", .integer(1...1), required: true, "the format's version", example: "1"),
      .init(
        "group", .text(groupName), required: true, "the group's name in the inventory, unique in the workspace",
        example: "partners"),
      .init(
        "profile", .text(definitionName), "a file of `hosts/profiles` that is merged beneath", example: "hardened"),
      .init(
        "hosts", .map(keys: hostName, values: .object(hostEntry), maximum: 2000), required: true,
        "the machines by name: where each is, and what it has instead of what the group says",
        example: "{north: {address: 203.0.113.10}}"),
    ] + hostKeys)

  /// `hosts/profiles/*.yaml`.
  public static let hostProfile = Shape.object(
    ObjectShape("the profile of hosts", [.init("version", .integer(1...1), "the format's version")] + hostKeys))

  /// What a file must have whatever is merged into it.
  static let hostGroupHead = Shape.object(
    ObjectShape(
      "the group of hosts",
      hostGroupObject.keys.map { key in
        ["version", "group"].contains(key.name) ? key : .init(key.name, .anything, required: key.name == "hosts", "")
      }))

  /// What a group says of all its hosts and a host of itself.
  static let host = Shape.object(hostObject)
  static let hostObject = ObjectShape("the host", [addressKey] + hostKeys)

  /// As it stands in the file, before the group's keys are merged beneath.
  private static let hostEntry = ObjectShape("the host", [addressKey] + hostKeys.map(\.optional))

  private static let addressKey = ObjectShape.Key(
    "address", .text(hostAddress), required: true, "where Ansible and users reach it", example: "203.0.113.10")

  private static let hostKeys: [ObjectShape.Key] = [
    .init("base", .text(definitionName.naming(.base)), required: true, "its system", example: "debian-12"),
    .init("reach", .object(reach), default: "{}", "how Ansible reaches it"),
    .init(
      "components", .map(keys: definitionName.naming(.component), values: .anything), default: "{}",
      "what is installed besides, as in a runtime, with each component's parameters", example: "{ffmpeg: {}}"),
    .init(
      "packages", .list(.text(TextRule("a package", lengths: 1...200))), default: "[]",
      "packages of the distribution that need no component", example: "[htop]"),
    .init(
      "users", .map(keys: accountName, values: .object(hostUser)), default: "{}",
      "accounts that log in with their keys; one that is taken out is locked",
      example: "{anna: {keys: [\"ssh-ed25519 AAAA…\"], sudo: true}}"),
    .init("system", .object(system), default: "{}", "time, updates, logs and kernel"),
    .init("docker", .object(hostDocker), "Docker Engine and Compose; a host with stacks has them anyway"),
    .init("firewall", .object(firewall), required: true, "what others may connect to; everything else is closed"),
    .init("https", .object(https), "the HTTPS front, Caddy: nothing of a stack is reached but through it"),
    .init(
      "metrics", .object(metrics), "Prometheus with what the machine and its containers use", example: "{}"),
    .init(
      "stacks", .map(keys: appName, values: .choice(hostStack), maximum: 50), default: "{}",
      "what runs in containers, each in a network of its own", example: "{acme: {environment: acme, stage: qa}}"),
  ]

  static let reach = ObjectShape(
    "reach",
    [
      .init("user", .text(accountName), default: "root", "the account; others than root need sudo without a password"),
      .init("port", .integer(1...65535), default: "22", "the port of sshd"),
      .init("key", .text(path), "the file with the private key; the agent's and the usual ones without"),
      .init("jump", .text(jumpHost), "the host through which it is reached", example: "ops@bastion.example.com"),
      .init(
        "hostKey", .text(hostKey),
        "its own key: another machine at the address is refused; without the key, `known_hosts` of the account decides",
        example: "ssh-ed25519 AAAA…"),
    ])

  static let hostUser = ObjectShape(
    "the user",
    [
      .init("keys", .list(.text(publicKey), minimum: 1, maximum: 50), required: true, "public keys"),
      .init("sudo", .boolean, default: "false", "whether the account may become root"),
    ])

  static let system = ObjectShape(
    "system",
    [
      .init("timeZone", .text(timeZone), default: "UTC", "the time zone", example: "Europe/Berlin"),
      .init("upgrades", .boolean, default: "true", "whether security updates are installed every day"),
      .init(
        "reboot", .text(timeOfDay), "when it may restart after an update that asks for it; never without",
        example: "\"04:30\""),
      .init("journalSize", .text(journalSize), default: "500M", "how much of the disk the journal may have"),
      .init("journalDays", .integer(1...3650), default: "30", "how many days the journal is kept"),
      .init(
        "kernel", .map(keys: kernelSetting, values: .scalar), default: "{}", "settings of the kernel (sysctl)",
        example: "{net.core.somaxconn: 1024}"),
    ])

  static let hostDocker = ObjectShape(
    "docker",
    [
      .init("logSize", .text(logSize), default: "50m", "how large a container's log may become before it is rotated"),
      .init("logFiles", .integer(1...100), default: "5", "how many such files are kept"),
      .init(
        "pools", .list(.object(addressPool), maximum: 20), default: "[]",
        "where networks of containers have their addresses; Docker's own without",
        example: "[{base: 172.30.0.0/16, size: 24}]"),
      .init(
        "plainRegistries", .list(.text(registry), maximum: 20), default: "[]",
        "registries that are asked over plain HTTP: a local one", example: "[10.0.0.5:5000]"),
    ])

  private static let addressPool = ObjectShape(
    "the pool",
    [
      .init("base", .text(network), required: true, "the addresses", example: "172.30.0.0/16"),
      .init("size", .integer(8...30), required: true, "the prefix of each network", example: "24"),
    ])

  static let firewall = ObjectShape(
    "firewall",
    [
      .init(
        "ssh", .list(.text(network), minimum: 1, maximum: 100), required: true,
        "the networks that SSH is open to: Ansible's must be among them", example: "[10.0.0.0/8]"),
      .init(
        "sshPort", .integer(1...65535),
        "the port of sshd on the machine, where `reach.port` is that of something which forwards to it; else the same",
        example: "22"),
      .init(
        "open", .list(.object(openPort), maximum: 100), default: "[]",
        "ports besides: HTTPS is open where the host has a front", example: "[{port: 1883, from: [10.0.0.0/8]}]"),
    ])

  static let openPort = ObjectShape(
    "the port",
    [
      .init("port", .integer(1...65535), required: true, "the port", example: "1883"),
      .init("protocol", .text(TextRule("a protocol", allowed: ["tcp", "udp"])), default: "tcp", "tcp or udp"),
      .init("from", .list(.text(network), maximum: 100), default: "[]", "the networks it is open to; all without"),
    ])

  static let https = ObjectShape(
    "https",
    [
      .init(
        "certificate", .choice(certificate), required: true, "where certificates come from",
        example: "{acme: {mail: ops@example.com}}"),
      .init("redirect", .boolean, default: "false", "whether port 80 is open and leads to HTTPS"),
      .init(
        "users", .map(keys: accountName, values: .object(passwordSource), maximum: 200), default: "{}",
        "who may see what asks for a password, and which variable holds it", example: "{anna: {env: ANNA_PASSWORD}}"),
      .init(
        "sites", .map(keys: domain, values: .object(site), maximum: 200), required: true,
        "what is served, by domain", example: "{shop.example.com: {routes: [{path: /, stack: acme, app: care}]}}"),
    ])

  static let certificate = ObjectShape(
    "the certificate",
    [
      .init("acme", .object(acme), "by ACME: Let's Encrypt's", example: "{mail: ops@example.com}"),
      .init("local", .object(ObjectShape("local", [])), "an authority of the host's own", example: "{}"),
      .init("files", .object(certificateFiles), "files on the host"),
    ], exactlyOneOf: ["acme", "local", "files"], form: "write where it comes from: {acme: {mail: …}} or {local: {}}")

  static let acme = ObjectShape(
    "acme", [.init("mail", .text(mail), required: true, "who is told of trouble", example: "ops@example.com")])

  static let certificateFiles = ObjectShape(
    "files",
    [
      .init("certificate", .text(absolutePath), required: true, "the certificate and its chain"),
      .init("key", .text(absolutePath), required: true, "its key"),
    ])

  private static let passwordSource = ObjectShape(
    "the password",
    [
      .init(
        "env", .text(variableName.withheld), required: true, "the variable that holds it", example: "ANNA_PASSWORD")
    ], form: "write where it comes from: {env: VARIABLE}")

  static let site = ObjectShape(
    "the site",
    [
      .init(
        "routes", .list(.choice(route), minimum: 1, maximum: 100), required: true,
        "which path leads where; what no route names is 404")
    ])

  static let route = ObjectShape(
    "the route",
    [
      .init("path", .text(pagePath), default: "/", "the path and all below it", example: "/api"),
      .init("stack", .text(appName), "one of the host's stacks", example: "acme"),
      .init("app", .text(appName), "its app; not needed where the environment has one", example: "care"),
      .init("port", .integer(1...65535), "a port of the host's own loopback address, in place of a stack"),
      .init("metrics", .object(ObjectShape("metrics", [])), "the host's metrics, in place of a stack", example: "{}"),
      .init(
        "users", .list(.text(accountName), maximum: 200), default: "[]",
        "who may see it, of `https.users`; everybody without", example: "[anna]"),
    ], exactlyOneOf: ["stack", "port", "metrics"], form: "write where it leads: {path: /, stack: NAME, app: APP}")

  static let metrics = ObjectShape(
    "metrics",
    [.init("retention", .text(retention), default: "15d", "how long they are kept", example: "30d")])

  static let hostStack = ObjectShape(
    "the stack",
    [
      .init("environment", .text(customerName), "an environment of this workspace", example: "acme"),
      .init("git", .object(gitStack), "a Compose file of somebody else's, in a Git repository"),
      .init("stage", .text(name), "the stage whose values the environment gets", example: "qa"),
      .init(
        "timeout", .integer(10...7200), default: "300", "seconds that its containers may take until they are healthy"),
    ], exactlyOneOf: ["environment", "git"], form: "write what runs: {environment: CUSTOMER, stage: STAGE}")

  static let gitStack = ObjectShape(
    "git",
    [
      .init("url", .text(gitAddress), required: true, "the repository", example: "https://git.example.com/partner/app"),
      .init("commit", .text(commit), required: true, "the commit"),
      .init("file", .text(fileInside), default: "compose.yaml", "its Compose file", example: "deploy/compose.yaml"),
      .init(
        "reaches", .list(.object(reached), maximum: 50), default: "[]",
        "services of other stacks on the host that it may reach by their names",
        example: "[{stack: acme, service: care}]"),
    ])

  static let reached = ObjectShape(
    "the service",
    [
      .init("stack", .text(appName), required: true, "the stack", example: "acme"),
      .init(
        "service",
        .text(TextRule("a service", pattern: "[a-z0-9][a-z0-9_.-]*", rule: "as Compose has it", lengths: 1...63)),
        required: true, "its service", example: "care"),
    ])
}

extension ObjectShape.Key {
  /// The same key where another file may say it, or none.
  fileprivate var optional: ObjectShape.Key { .init(name, shape, summary, example: example) }
}
