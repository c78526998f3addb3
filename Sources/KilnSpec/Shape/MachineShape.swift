import KilnDocuments
import KilnPacker

extension Shape {
  static let machine = ObjectShape(
    "machine",
    [
      .init("azure", .object(azure), "a virtual machine image in Azure"),
      .init(
        "app", .text(appName), "the app that it runs; not needed where there is one", example: "care"),
      .init(
        "services", .list(.text(definitionName.naming(.service))), default: "[]",
        "data services that run on the machine itself, from packages", example: "[redis]"),
      .init(
        "disks", .list(.text(appName)), default: "[]",
        "volumes of the app that are on disks of their own: each has a file system labelled `kiln-NAME`",
        example: "[uploads]"),
      .init(
        "upgrade", .boolean, default: "true",
        "whether a bake brings the packages of the machine that it starts from up to date; a container's are its base image's",
        example: "false"),
      .init(
        "pages", .boolean,
        "whether a baked machine must answer `health` and `checks`; without the key, where the environment's services run on it and the app reads no secret",
        example: "true"),
      .init("parameters", .object(parameters), "deployment parameters that `kiln bake` patches after success"),
    ])

  static let parameters = ObjectShape(
    "parameters",
    [
      .init(
        "files", .list(.text(path), minimum: 1), required: true, "parameters files, changed all or none",
        example: "[../deploy/azuredeploy.parameters.json]"),
      .init(
        "template", .text(path), "the deployment template that they are for; what does not fit it is refused",
        example: "../deploy/azuredeploy.json"),
      .init(
        "output", .text(parameterOutput),
        "whether the files are patched themselves, or copies of them in `dist/CUSTOMER/parameters`; without the key, copies where a secret is among the values",
        example: "dist"),
      .init(
        "set", .map(keys: .any, values: parameterValue), default: "{}",
        "parameters that become the URI or id of the artifact of a kind, or a secret (a key vault's becomes a reference), or the custom data with a stage's values, which `kiln deploy` gives",
        example: "{imageUri: vhd, adminPassword: {secret: ADMIN_PASSWORD}}"),
      .init(
        "tokens", .map(keys: .any, values: parameterValue), default: "{}",
        "literals in strings that become the same", example: "{\"@@IMAGEURI@@\": vhd}"),
    ])

  static let parameterOutput = TextRule("an output", allowed: EnvironmentSpec.ParameterOutput.allCases.map(\.rawValue))

  /// What stands for the custom data of a stage.
  static let customDataValue = "values"

  static let parameterText = TextRule(
    "what a parameter becomes",
    pattern: (ArtifactKind.deployable.map(\.rawValue) + [customDataValue]).joined(separator: "|"),
    rule: Phrase.alternatives(ArtifactKind.deployable.map(\.rawValue) + [customDataValue]))

  static let parameterValue = Shape.either(
    .text(parameterText.withheld),
    .object(
      ObjectShape(
        "the value",
        [
          .init(
            "secret", .text(secretName.withheld), required: true,
            "the name of a secret, which the app does not get then",
            example: "ADMIN_PASSWORD")
        ])))

  static let azureText = TextRule("a name", lengths: 1...260)

  /// What may differ by stage.
  static let azureName = Shape.either(
    .text(azureText),
    .object(
      ObjectShape(
        "the name",
        [
          .init(
            "env",
            .text(
              TextRule(
                "a variable", pattern: "KILN_[A-Z0-9_]*[A-Z0-9]",
                rule:
                  "KILN_ and capitals, digits and underscores: Packer prints what it holds, so that no other is read")),
            required: true, "the variable that holds the name where `kiln bake` runs", example: "KILN_IMAGES_GROUP")
        ])))

  static let azure = ObjectShape(
    "azure",
    [
      .init(
        "location",
        .text(
          TextRule("a location", pattern: "[a-z][a-z0-9]+", rule: "lower-case letters and digits, as in westeurope")),
        required: true, "the region", example: "westeurope"),
      .init(
        "size",
        .text(
          TextRule(
            "a size", pattern: "(Standard|Basic)_[A-Z]+[0-9]+(-[0-9]+)?[a-z]*(_[A-Za-z0-9]+)*",
            rule: "a size of Azure's, as in Standard_DS2_v2")),
        default: "Standard_DS2_v2", "the size of the machine that bakes, and of the scale set's",
        example: "Standard_DS2_v2"),
      .init(
        "generation", .integer(1...2), default: "2", "the generation of the marketplace image, and of what is captured",
        example: "1"),
      .init("capture", .choice(capture), required: true, "what the bake produces"),
      .init("scaleSet", .object(scaleSet(named: true)), "the scale set that runs the image"),
    ])

  static func scaleSet(named: Bool) -> ObjectShape {
    ObjectShape(
      "scaleSet",
      (named ? [.init("name", .text(azureText), required: true, "the scale set's name", example: "acme-vmss")] : [])
        + [
          .init(
            "capacity", .either(.integer(0...1000), .object(capacityRange)), default: named ? "2" : nil,
            "how many machines", example: "2")
        ])
  }

  static let capacityRange = ObjectShape(
    "capacity",
    [
      .init("min", .integer(0...1000), required: true, "at least", example: "2"),
      .init("max", .integer(1...1000), required: true, "at most", example: "10"),
      .init(
        "cpu", .integer(10...100), default: "70",
        "more are started while the processors' use is above this, in percent", example: "70"),
    ])

  static let capture = ObjectShape(
    "capture",
    [
      .init(
        "vhd",
        .object(
          ObjectShape(
            "vhd",
            [
              .init(
                "resourceGroup", azureName, required: true, "the storage account's resource group",
                example: "images-rg"),
              .init("storageAccount", azureName, required: true, "the storage account", example: "acmeimages"),
              .init("container", azureName, required: true, "the blob container", example: "images"),
            ])), "a VHD in a storage account"),
      .init(
        "managedImage",
        .object(
          ObjectShape(
            "managedImage",
            [
              .init("resourceGroup", azureName, required: true, "its resource group", example: "images-rg"),
              .init(
                "name", .text(azureText), required: true,
                "what its name begins with: each bake puts the second in which it began behind it", example: "acme-web"),
            ])), "a managed image"),
      .init(
        "gallery",
        .object(
          ObjectShape(
            "gallery",
            [
              .init(
                "resourceGroup", azureName, required: true, "the gallery's resource group", example: "images-rg"),
              .init("gallery", .text(azureText), required: true, "the gallery", example: "acmegallery"),
              .init("image", .text(azureText), required: true, "the image definition", example: "web"),
              .init("version", .version, required: true, "three whole numbers", example: "\"1.0.0\""),
              .init(
                "regions", .list(.text(azureText)), default: "[]",
                "where it is replicated to, the machine's location always", example: "[northeurope]"),
            ])), "a version in a compute gallery"),
    ], exactlyOneOf: ["vhd", "managedImage", "gallery"])
}
