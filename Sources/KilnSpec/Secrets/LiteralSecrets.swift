import KilnDiagnostics
import KilnDocuments

/// Finds secrets that a file holds instead of naming where they come from.
///
/// It reads each file by itself, before anything is merged: a secret in a profile is one problem, at its own place.
struct LiteralSecrets {
  private(set) var problems: [Diagnostic] = []
  /// Scalars that no excerpt may show.
  private(set) var hidden: [SpecNode] = []

  /// How a value's name is judged.
  private enum Names {
    /// Not at all.
    case none
    /// As variables, which images hold: an error.
    case variables
    /// As parameters, settings or tokens: a warning.
    case options(String)
  }

  /// A spec or a profile.
  static func inEnvironment(_ root: SpecNode) -> LiteralSecrets {
    var found = LiteralSecrets()
    for entry in root.entries ?? [] {
      switch entry.key {
      case "secrets": found.hideValues(entry.value)
      case "runtime": found.walkRuntime(entry.value)
      case "services":
        for service in entry.value.entries ?? [] {
          found.hidePassword(service.value)
          found.walk(service.value, .options("setting"), service.key)
        }
      case "app": found.walkApp(entry.value)
      case "apps": for app in entry.value.entries ?? [] { found.walkApp(app.value) }
      case "machine":
        let parameters = entry.value["parameters"]
        for use in [parameters?["set"], parameters?["tokens"]].flatMap({ $0?.entries ?? [] }).map(\.value) {
          let secret = use["secret"]
          found.hideUnless(secret ?? use, secret == nil ? Shape.parameterText : Shape.secretName)
        }
        found.walk(entry.value, .none, entry.key)
      default: found.walk(entry.value, .none, entry.key)
      }
    }
    return found
  }

  private mutating func walkRuntime(_ node: SpecNode) {
    for part in node.entries ?? [] {
      let names: Names =
        switch part.key {
        case "components": .options("parameter")
        case "environment": .variables
        default: .none
        }
      walk(part.value, names, part.key)
    }
  }

  private mutating func walkApp(_ node: SpecNode) {
    for part in node.entries ?? [] where part.key != "tokens" {
      if part.key == "runtime" {
        walkRuntime(part.value)
        continue
      }
      if part.key == "buildSecrets" || part.key == "secrets" {
        let change = ListChange(part.value)
        for name in part.value.items ?? change.map({ $0.added + $0.removed }) ?? [] {
          hideUnless(name, Shape.secretName)
        }
      }
      walk(part.value, part.key == "environment" ? .variables : .none, part.key)
    }
    walk(node["tokens"]?["values"], .options("token"), "tokens")
  }

  /// A component, a service or a base.
  static func inDefinition(_ root: SpecNode) -> LiteralSecrets {
    var found = LiteralSecrets()
    for entry in root.entries ?? [] where entry.key != "parameters" {
      found.walk(entry.value, entry.key == "environment" ? .variables : .none, entry.key)
    }
    for parameter in root["parameters"]?.entries ?? [] {
      let isSecret = SecretName.matchOption(parameter.key)
      for value in parameter.value.entries ?? [] where value.key.hasPrefix("default") {
        if isSecret, let scalar = value.value.scalar {
          found.judge(scalar, value.value, parameter.key, .options("parameter"))
        } else {
          found.walk(value.value, .options("parameter"), parameter.key)
        }
      }
    }
    return found
  }

  /// `kiln.yaml`.
  static func inWorkspace(_ root: SpecNode) -> LiteralSecrets {
    var found = LiteralSecrets()
    found.walk(root, .none, "")
    return found
  }

  private mutating func walk(_ node: SpecNode?, _ names: Names, _ name: String) {
    guard let node else { return }
    switch node.content {
    case .list(let items): for item in items { walk(item, names, name) }
    case .map(let entries):
      // What is added to a list has the list's name.
      if ListChange(node)?.isOfLists == true { return entries.forEach { walk($0.value, names, name) } }
      for entry in entries {
        walk(entry.value, entry.key == "environment" ? .variables : inner(names, entry), entry.key)
      }
    case .scalar(let scalar): judge(scalar, node, name, names)
    }
  }

  /// `environment` is a map of variables; what stands beside them is not.
  private func inner(_ names: Names, _ entry: SpecNode.Entry) -> Names {
    // The name of a secret, not its value.
    if case .options("setting") = names, entry.key == "password" { return .none }
    return names
  }

  private mutating func judge(_ scalar: SpecNode.Scalar, _ node: SpecNode, _ name: String, _ names: Names) {
    if scalar.text.isEmpty || node.isNull { return }
    let value = scalar.text
    var what = SecretValue.match(value).map { "\(name) holds \($0)" }
    var severity = Diagnostic.Severity.warning
    var remedy = "let the app read it from a secret"
    switch names {
    case .variables:
      severity = .error
      remedy = "move it to secrets: {\(name.uppercased()): {env: VARIABLE}}"
      if SecretName.match(name), node.boolean == nil, !SecretValue.isReference(value) {
        what = "\(name) looks like a secret, and its value would be in files that others read"
      }
    case .options(let kind):
      if SecretName.matchOption(name), node.boolean == nil, !node.looksLikeNumber, !SecretValue.isReference(value) {
        what = "\(kind) \(name) looks like a secret, and its value would be in files that others read"
      }
    case .none:
      if ["install", "run", "script", "command", "cacheTo", "cacheFrom"].contains(name),
        let secret = SecretValue.assignment(in: value)
      {
        what = "\(name) gives \(secret) a value that looks like a secret"
        remedy =
          name.hasPrefix("cache")
          ? "let BuildKit read it from its environment" : "read it from a secret, as in app.buildSecrets"
      }
    }
    guard let what else { return }
    hidden.append(node)
    problems.append(
      Diagnostic("spec.literal-secret", what, severity: severity, at: node.location, suggestion: remedy))
  }

  // MARK: - Where a reference belongs

  /// Everything below `secrets` but what says where a secret comes from.
  private mutating func hideValues(_ secrets: SpecNode) {
    for secret in secrets.entries ?? [] {
      for entry in secret.value.entries ?? [] {
        switch entry.key {
        case "env": hideUnless(entry.value, Shape.variableName)
        case "as":
          // A misspelt word is shown.
          let word = entry.value.scalar?.text ?? ""
          if word.count > 9 || !word.allSatisfy({ $0.isASCII && $0.isLowercase }) { hide(entry.value) }
        case "keyVault":
          for part in entry.value.entries ?? [] where !["id", "secret", "version"].contains(part.key) {
            hide(part.value)
          }
          if entry.value.entries == nil { hide(entry.value) }
        default: hide(entry.value)
        }
      }
      if secret.value.entries == nil { hide(secret.value) }
    }
    if secrets.entries == nil { hide(secrets) }
  }

  private mutating func hidePassword(_ service: SpecNode) {
    guard let password = service["password"] else { return }
    hideUnless(password, Shape.secretName)
  }

  private mutating func hideUnless(_ node: SpecNode, _ rule: TextRule) {
    if let text = node.scalar?.text, let pattern = rule.pattern,
      TextPattern.matches(CustomerPlaceholder.fill(text, with: "x"), pattern)
    {
      return
    }
    hide(node)
  }

  private mutating func hide(_ node: SpecNode) {
    switch node.content {
    case .list(let items): for item in items { hide(item) }
    case .map(let entries): for entry in entries { hide(entry.value) }
    case .scalar(let scalar): if !scalar.text.isEmpty, !node.isNull { hidden.append(node) }
    }
  }
}
