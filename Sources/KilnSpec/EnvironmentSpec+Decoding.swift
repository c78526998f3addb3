import KilnDiagnostics
import SystemPackage

extension EnvironmentSpec.ServiceUse {
  init(_ entry: SpecNode.Entry) {
    let node = Shape.serviceUseObject.filled(entry.value)
    name = Located(entry.key, at: entry.keyLocation)
    source = Located(
      node.required("from").requiredText == "packages" ? .packages : .image, at: node.required("from").location)
    database = node.optional("database")
    user = node.optional("user")
    password = node.optional("password")
    storage = node["storage"]?.requiredText
    limits = node["limits"].map { .init($0) }
    settings = (node.required("settings").entries ?? []).map {
      .init(name: Located($0.key, at: $0.keyLocation), value: $0.value.locatedText)
    }
    parameters =
      entry.value.entries.map { entries in
        SpecNode(.map(entries.filter { Shape.serviceUseObject[$0.key] == nil }), at: entry.value.location)
      } ?? entry.value
  }
}

extension EnvironmentSpec.Secret {
  init(_ entry: SpecNode.Entry) {
    name = Located(entry.key, at: entry.keyLocation)
    asVariable = entry.value["as"].flatMap { $0.requiredText == "variable" ? $0.location : nil }
    if let vault = entry.value["keyVault"] {
      source = .keyVault(
        id: vault.required("id").requiredText, secret: vault.required("secret").requiredText,
        version: vault["version"]?.requiredText)
    } else {
      source = .environment(variable: entry.value.required("env").requiredText)
    }
  }
}

extension EnvironmentSpec.Machine {
  init(_ node: SpecNode) {
    let node = Shape.machine.filled(node)
    location = node.location
    app = node.optional("app")
    services = node.required("services").locatedTexts
    disks = node.required("disks").locatedTexts
    upgrade = node.required("upgrade").boolean ?? true
    pages = node["pages"]?.boolean
    parameters = node["parameters"].map { .init($0) }
    azure = node["azure"].map { .init($0) }
  }
}

extension EnvironmentSpec.DeploymentParameters {
  init(_ node: SpecNode) {
    let node = Shape.parameters.filled(node)
    files = (node.required("files").items ?? []).map(\.path)
    template = node["template"]?.path
    output = node["output"].flatMap { node in
      EnvironmentSpec.ParameterOutput(rawValue: node.requiredText).map { Located($0, at: node.location) }
    }
    set = node.required("set").parameterUses
    tokens = node.required("tokens").parameterUses
  }
}

extension EnvironmentSpec.Azure {
  init(_ node: SpecNode) {
    let node = Shape.azure.filled(node)
    location = node.required("location").locatedText
    size = node.required("size").locatedText
    generation = Located(node.required("generation").requiredInteger, at: node.required("generation").location)
    capture = .init(node.required("capture"))
    scaleSet = node["scaleSet"].map { node in
      let node = Shape.scaleSet(named: true).filled(node)
      return .init(name: node.required("name").locatedText, capacity: .init(node.required("capacity")))
    }
  }
}

extension EnvironmentSpec.Capture {
  init(_ node: SpecNode) {
    if let vhd = node["vhd"] {
      self = .vhd(
        resourceGroup: vhd.required("resourceGroup").azureName,
        storageAccount: vhd.required("storageAccount").azureName, container: vhd.required("container").azureName)
    } else if let gallery = node["gallery"] {
      self = .gallery(
        resourceGroup: gallery.required("resourceGroup").azureName, gallery: gallery.required("gallery").locatedText,
        image: gallery.required("image").locatedText, version: gallery.required("version").locatedText,
        regions: (gallery["regions"]?.locatedTexts) ?? [])
    } else {
      let image = node.required("managedImage")
      self = .managedImage(
        resourceGroup: image.required("resourceGroup").azureName, name: image.required("name").locatedText)
    }
  }
}
