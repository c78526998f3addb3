import KilnDiagnostics
import SystemPackage

extension EnvironmentSpec.App {
  init(_ node: SpecNode) {
    source = node["source"].map { $0.path } ?? Located("", at: node.location)
    overlays = (node["overlays"]?.items ?? []).map(\.path)
    install = node.locatedList("install")
    buildSecrets = node.locatedList("buildSecrets")
    workdir = node.optional("workdir") ?? Located("/var/www/app", at: node.location)
    port = node["port"].flatMap { value in value.integer.map { Located($0, at: value.location) } }
    health = node.optional("health")
    environment = node.variables("environment")
    checks = (node["checks"]?.items ?? []).map { check in
      .init(
        path: check.text("path"), status: check["status"]?.integer ?? 200, content: check["content"]?.scalar?.text,
        location: check.location)
    }
    limits = node["limits"].map { .init($0) }
    tokens = node["tokens"].map { .init(files: $0.locatedList("files"), values: $0.variables("values")) }
    location = node.location
  }
}

extension EnvironmentSpec.Limits {
  /// Decodes a map that fits `Shape.limits`.
  public init(_ node: SpecNode) {
    cpus = node["cpus"]?.decimal
    let units = ["Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40]
    memory = node["memory"]?.scalar.flatMap { scalar in
      guard let number = Int(scalar.text.dropLast(2)), let unit = units[String(scalar.text.suffix(2))] else {
        return nil
      }
      let (bytes, isTooMuch) = number.multipliedReportingOverflow(by: unit)
      return isTooMuch ? nil : bytes
    }
  }
}

extension EnvironmentSpec.Secret {
  init(_ entry: SpecNode.Entry) {
    name = Located(entry.key, at: entry.keyLocation)
    if let vault = entry.value["keyVault"] {
      source = .keyVault(id: vault.text("id"), secret: vault.text("secret"), version: vault["version"]?.scalar?.text)
    } else {
      source = .environment(variable: entry.value.text("env"))
    }
  }
}

extension EnvironmentSpec.Machine {
  init(_ node: SpecNode) {
    location = node.location
    services = node.locatedList("services")
    parameters = node["parameters"].map { parameters in
      .init(
        files: (parameters["files"]?.items ?? []).map(\.path), template: parameters["template"]?.path,
        set: parameters.variables("set"), tokens: parameters.variables("tokens"))
    }
    azure = node["azure"].map { azure in
      .init(
        location: azure.located("location"), size: azure["size"]?.scalar?.text ?? "Standard_DS2_v2",
        capture: .init(azure["capture"] ?? azure),
        scaleSet: azure["scaleSet"].map { .init(name: $0.located("name"), capacity: $0["capacity"]?.integer ?? 2) })
    }
  }
}

extension EnvironmentSpec.Capture {
  init(_ node: SpecNode) {
    if let vhd = node["vhd"] {
      self = .vhd(
        resourceGroup: vhd.located("resourceGroup"), storageAccount: vhd.located("storageAccount"),
        container: vhd.located("container"))
    } else if let gallery = node["gallery"] {
      self = .gallery(
        resourceGroup: gallery.located("resourceGroup"), gallery: gallery.located("gallery"),
        image: gallery.located("image"), version: gallery.located("version"), regions: gallery.locatedList("regions"))
    } else {
      let image = node["managedImage"] ?? node
      self = .managedImage(resourceGroup: image.located("resourceGroup"), name: image.located("name"))
    }
  }
}

extension SpecNode {
  func optional(_ key: String) -> Located<String>? {
    self[key].flatMap { node in node.scalar.map { Located($0.text, at: node.location) } }
  }

  func located(_ key: String) -> Located<String> { optional(key) ?? Located("", at: location) }

  func locatedList(_ key: String) -> [Located<String>] {
    (self[key]?.items ?? []).map { Located($0.scalar?.text ?? "", at: $0.location) }
  }

  func variables(_ key: String) -> [EnvironmentSpec.Variable] {
    (self[key]?.entries ?? []).map {
      .init(name: $0.key, value: $0.value.scalar?.text ?? "", location: $0.value.location)
    }
  }

  /// A path relative to the folder of the file it stands in, as one relative to the workspace's root.
  var path: Located<FilePath> {
    let written = FilePath(scalar?.text ?? "")
    guard written.isRelative else { return Located(written, at: location) }
    let folder = FilePath(location.file).removingLastComponent()
    return Located(folder.appending(written.components).lexicallyNormalized(), at: location)
  }
}
