extension Shape {
  static let secretForm = TextRule("a form", allowed: ["file", "variable"])

  static let secret = ObjectShape(
    "the secret",
    [
      .init(
        "env", .text(variableName.withheld), "the variable of the environment that holds it",
        example: "ACME_DB_PASSWORD"),
      .init(
        "keyVault",
        .object(
          ObjectShape(
            "keyVault",
            [
              .init(
                "id",
                .text(
                  TextRule(
                    "a key vault's id",
                    pattern:
                      "/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\\.KeyVault/vaults/[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]",
                    rule: "/subscriptions/…/resourceGroups/…/providers/Microsoft.KeyVault/vaults/NAME", isWithheld: true
                  )),
                required: true, "the vault's resource id"),
              .init(
                "secret",
                .text(
                  TextRule(
                    "a secret's name", pattern: "[A-Za-z0-9-]{1,127}", rule: "letters, digits and hyphens",
                    isWithheld: true)),
                required: true, "the secret's name in the vault", example: "admin-password"),
              .init(
                "version",
                .text(
                  TextRule(
                    "a secret's version", pattern: "[0-9a-f]{32}", rule: "32 hexadecimal digits", isWithheld: true)),
                "a version of it; the newest without"),
            ])), "a secret of an Azure key vault"),
      .init(
        "as", .text(secretForm.withheld), default: "file",
        "how the app reads it: as the file `/run/secrets/NAME`, or as a variable of its processes as well",
        example: "variable"),
    ], exactlyOneOf: ["env", "keyVault"],
    form: "write where it comes from: {env: VARIABLE} or {keyVault: {id: …, secret: …}}")
}
