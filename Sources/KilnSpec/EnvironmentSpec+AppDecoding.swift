import KilnDiagnostics
import SystemPackage

extension EnvironmentSpec.App {
  init(_ node: SpecNode, named name: Located<String>, at path: SpecPath, ownsSources: Bool = false) {
    let node = Shape.app.filled(node)
    self.ownsSources = ownsSources
    self.name = name
    self.path = path
    source = node.required("source").path
    overlays = (node.required("overlays").items ?? []).map(\.path)
    install = (node.required("install").items ?? []).map { .init($0) }
    runtime = node["runtime"].map { .init($0) }
    buildEnvironment = Shape.appBuild.filled(node.required("build")).required("environment").variables
    secrets = node["secrets"]?.locatedTexts
    command = node["command"]?.words
    user = node.required("user").locatedText
    volumes = (node.required("volumes").entries ?? []).map { .init($0) }
    workers = (node.required("workers").entries ?? []).map { .init($0) }
    jobs = (node.required("jobs").entries ?? []).map { .init($0) }
    buildSecrets = node.required("buildSecrets").locatedTexts
    workdir = node.required("workdir").locatedText
    port = node["port"].map { Located($0.requiredInteger, at: $0.location) }
    health = node.optional("health")
    environment = node.required("environment").variables
    checks = (node.required("checks").items ?? []).map { .init($0) }
    domains = node.required("domains").locatedTexts
    replicas = node["replicas"].map { Located(EnvironmentSpec.Replicas($0), at: $0.location) }
    limits = node["limits"].map { .init($0) }
    tokens = node["tokens"].map {
      .init(files: $0.required("files").locatedTexts, values: $0.required("values").variables)
    }
    location = node.location
  }
}

extension EnvironmentSpec.PageCheck {
  init(_ node: SpecNode) {
    let node = Shape.check.filled(node)
    path = node.required("path").requiredText
    status = node.required("status").requiredInteger
    content = node["content"]?.requiredText
    location = node.location
  }
}

extension EnvironmentSpec.Limits {
  init(_ node: SpecNode) {
    cpus = node["cpus"]?.decimal
    memory = node["memory"].map { node in
      let text = node.requiredText
      let units = ["Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40]
      // More than there are numbers for is reported as too much.
      guard let number = Int(text.dropLast(2)), let unit = units[String(text.suffix(2))] else {
        return Located(.max, at: node.location)
      }
      let (bytes, isTooMuch) = number.multipliedReportingOverflow(by: unit)
      return Located(isTooMuch ? .max : bytes, at: node.location)
    }
  }
}

extension EnvironmentSpec.InstallCommand {
  init(_ node: SpecNode) {
    location = node.location
    command = (node["run"] ?? node).requiredText
    needs = node["needs"]?.locatedTexts ?? []
  }
}

extension EnvironmentSpec.Volume {
  init(_ entry: SpecNode.Entry) {
    name = Located(entry.key, at: entry.keyLocation)
    path = entry.value.required("path").locatedText
    storage = entry.value["storage"]?.requiredText
    isForManyNodes = entry.value["access"].map { Located($0.requiredText == "ReadWriteMany", at: $0.location) }
    owner = entry.value.optional("owner")
  }
}

extension EnvironmentSpec.Worker {
  init(_ entry: SpecNode.Entry) {
    let node = Shape.worker.filled(entry.value)
    name = Located(entry.key, at: entry.keyLocation)
    command = node.required("command").words
    replicas = node.required("replicas").requiredInteger
    limits = node["limits"].map { .init($0) }
    health = node["health"]?.words
  }
}

extension EnvironmentSpec.Job {
  init(_ entry: SpecNode.Entry) {
    let node = entry.value
    name = Located(entry.key, at: entry.keyLocation)
    command = node.required("command").words
    limits = node["limits"].map { .init($0) }
    idleTimeZone = node["schedule"] == nil ? node["timeZone"]?.location : nil
    time =
      node["schedule"].map { .schedule(.init(text: $0.locatedText, timeZone: node.optional("timeZone"))) }
      ?? .beforeDeploy
  }
}
