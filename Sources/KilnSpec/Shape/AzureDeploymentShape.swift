/// Where a machine's image is deployed in Azure.
extension Shape {
  private static let addressText = TextRule(
    "an address", pattern: "https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?",
    rule: "http:// or https:// and a name, with a port and a path or without, as in https://acme.example",
    lengths: 1...300)
  private static let subnetText = TextRule(
    "a subnet's id",
    pattern:
      "/subscriptions/[0-9a-fA-F-]{36}/resourceGroups/[^/]+/providers/Microsoft\\.Network/virtualNetworks/[^/]+/subnets/[^/]+",
    rule: "/subscriptions/…/virtualNetworks/NAME/subnets/NAME", lengths: 1...500)

  /// What a stage may say itself.
  private static let azurePlace: [ObjectShape.Key] = [
    .init(
      "resourceGroup", .text(azureText),
      "the resource group, which is there; `CUSTOMER` without, and `CUSTOMER-STAGE` of a stage", example: "acme-rg"),
    .init(
      "subscription", .text(uuid), "its subscription; `ARM_SUBSCRIPTION_ID` says it without",
      example: "11111111-2222-3333-4444-555555555555"),
    .init(
      "address", .text(addressText),
      "where the app answers once it is deployed; without, what the deployment's output `address` says",
      example: "https://acme.example"),
    .init(
      "subnet", .text(subnetText),
      "a subnet that is there, whose network reaches a database; the generated template makes a network without",
      example:
        "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/network-rg/providers/Microsoft.Network/virtualNetworks/hub/subnets/web"
    ),
  ]

  static let azureDeployment = ObjectShape(
    "azure",
    azurePlace + [
      .init(
        "admin", .object(azureAdmin), "the account by which the machines are administered, in the generated template")
    ])

  static let azureAdmin = ObjectShape(
    "the administrator",
    [
      .init(
        "user",
        .text(
          TextRule(
            "an account", pattern: "[a-z][a-z0-9_-]*", rule: "lower-case letters, digits, _ and -, a letter first",
            lengths: 1...32)), default: "kiln", "the account's name", example: "operator"),
      .init(
        "sshKey",
        .text(
          TextRule(
            "a public key", pattern: "(ssh-rsa|ssh-ed25519) [A-Za-z0-9+/=]+( [ -~]*)?",
            rule: "a line as in ~/.ssh/id_ed25519.pub", lengths: 1...4096)), "the public key that may log in",
        example: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0 operator"),
      .init(
        "password", .text(secretName.withheld), "the name of a secret, which the app does not get then",
        example: "ADMIN_PASSWORD"),
    ], exactlyOneOf: ["sshKey", "password"])

  static let stageAzure = ObjectShape(
    "azure",
    azurePlace + [
      .init(
        "parameters", .text(path),
        "the one of `machine.parameters.files` that is this stage's; needed where there are several",
        example: "../deploy/azuredeploy.parameters.qa.json")
    ])
}
