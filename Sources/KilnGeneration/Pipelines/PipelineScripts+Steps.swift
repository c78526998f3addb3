import KilnPipelines
import KilnPlan
import KilnSpec

/// What jobs have alike, and what systems differ in.
extension PipelineScripts {
  var kiln: ReleasePipeline.Step {
    let there = [
      "command -v kiln > /dev/null || {",
      "  echo 'kiln is not on the PATH of this agent: pipeline.install or pipeline.image in kiln.yaml brings it' >&2",
      "  exit 1", "}",
    ]
    let lines = settings.install.map { [$0] } ?? (settings.image == nil ? there : [])
    // A container has another account than the one that made the checkout.
    let safe =
      settings.image != nil && system == .github
      ? [#"git config --global --add safe.directory "$GITHUB_WORKSPACE""#] : []
    return ReleasePipeline.Step(
      title: "Get Kiln", lines: lines + safe + ["kiln --version", "mkdir -p \(ReleasePipeline.folder)"])
  }

  var tools: ReleasePipeline.Step {
    let script = "\(ReleasePipeline.folder)/install.sh"
    return ReleasePipeline.Step(
      title: "Install what the agent lacks", lines: ["kiln doctor --install-script > \(script)", "sh \(script)"])
  }

  /// Logins that end with the script: nothing of them stays on the agent.
  /// - Parameter last: What else is done at the end.
  func session(registries: Bool, kubeconfig: Bool, atEnd last: String? = nil) -> [String] {
    let logins = registries ? settings.logins : []
    let config = kubeconfig ? settings.kubeconfig : nil
    if logins.isEmpty, config == nil { return last.map { ["trap '\($0)' EXIT"] } ?? [] }
    var lines = [
      "private=$(mktemp -d)", "trap '\(last.map { "\($0); " } ?? "")rm -rf \"$private\"' EXIT",
      "trap 'exit 1' HUP INT TERM",
    ]
    if !logins.isEmpty {
      lines += [
        #"mkdir "$private/docker""#,
        #"own=${DOCKER_CONFIG:-$HOME/.docker}"#,
        #"if [ -d "$own" ]; then cp -R "$own/." "$private/docker"; fi"#,
        #"export DOCKER_CONFIG="$private/docker""#,
      ]
    }
    for login in logins {
      let account =
        switch login.account {
        case .text(let text): PipelineWord.quote(text)
        case .variable(let name): "\"$\(name)\""
        }
      lines.append(
        // Requests from elsewhere get no secrets; they pull nothing, and build what they need.
        "[ -z \"${\(login.password):-}\" ] || printf %s \"$\(login.password)\" | docker login --username \(account) --password-stdin "
          + PipelineWord.quote(login.registry.split(separator: "/").first.map(String.init) ?? login.registry))
    }
    if let config {
      lines += [
        "printf '%s\\n' \"$\(config)\" > \"$private/kubeconfig\"", #"export KUBECONFIG="$private/kubeconfig""#,
      ]
    }
    return lines
  }

  func words(of target: ReleasePipeline.Target) -> String {
    PipelineWord.quote(target.customer) + (target.stage.map { " --stage \(PipelineWord.quote($0))" } ?? "")
  }

  /// Adds what runs after a failure.
  /// - Parameter text: What `file` has where somebody has been notified already.
  func finished(
    _ job: ReleasePipeline.Job, _ what: String, of target: ReleasePipeline.Target? = nil, unless text: String? = nil,
    in file: String = ""
  ) -> ReleasePipeline.Job {
    var job = job
    if !notify.isEmpty {
      let customer = target.map { " --customer \(PipelineWord.quote($0.customer))" } ?? ""
      let stage = target?.stage.map { " --stage \(PipelineWord.quote($0))" } ?? ""
      let since = system == .jenkins ? "${KILN_SINCE:-${GIT_PREVIOUS_SUCCESSFUL_COMMIT:-}}" : "${KILN_SINCE:-}"
      let command =
        "kiln notify \(PipelineWord.quote(what))\(customer)\(stage) --since \"\(since)\" --url \"$KILN_RUN_URL\""
      let known = text.map { ["  grep -qsF \(PipelineWord.quote($0)) \(file) ||"] } ?? []
      job.onFailure = ReleasePipeline.Step(
        title: "Notify",
        lines: [#"if [ "$KILN_PUBLISH" = yes ]; then"#] + known + ["  \(known.isEmpty ? "" : "  ")\(command)", "fi"],
        secrets: notify.map(\.variable))
    }
    return job
  }

  // MARK: Secrets

  var registrySecrets: [String] {
    settings.logins.flatMap { login in
      var names = [login.password]
      if case .variable(let name) = login.account { names.append(name) }
      return names
    }
  }

  var clusterSecrets: [String] { [settings.kubeconfig].compactMap { $0 } }

  /// Those that come from variables: a key vault's are read where they are used.
  func variables(_ uses: [SecretUse], of plan: EnvironmentPlan) -> [String] {
    let known = Set(
      plan.spec.secrets.compactMap { secret -> String? in
        if case .environment(let variable) = secret.source { variable } else { nil }
      })
    return uses.map(\.variable).filter(known.contains)
  }

  /// What a bake is told of where images are kept.
  func places(_ plan: EnvironmentPlan) -> [String] {
    let names: [EnvironmentSpec.AzureName] =
      switch plan.machine?.spec.azure?.capture {
      case nil: []
      case .vhd(let group, let account, let container): [group, account, container]
      case .managedImage(let group, _): [group]
      case .gallery(let group, _, _, _, _): [group]
      }
    return names.compactMap { if case .variable(let name) = $0 { name.value } else { nil } }
  }

  /// What an environment on the agent has in place of secrets.
  func randomSecrets(of plan: EnvironmentPlan) -> [String] {
    var seen: Set<String> = []
    return (plan.secretUses + plan.testSecrets.map(\.use)).filter { use in
      switch use.reader {
      case .app, .service: seen.insert(use.variable).inserted
      case .build, .parameters: false
      }
    }.flatMap {
      ["\($0.variable)=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n')", "export \($0.variable)"]
    }
  }

  // MARK: What systems differ in

  /// Where the system's own words for the commit to compare with are not enough.
  var since: [String] {
    switch system {
    case .github, .gitlab: []
    case .jenkins: [#"KILN_SINCE=${KILN_SINCE:-${GIT_PREVIOUS_SUCCESSFUL_COMMIT:-}}"#]
    case .azurePipelines:
      [
        #"if [ -n "${SYSTEM_PULLREQUEST_TARGETBRANCH:-}" ]; then"#,
        #"  KILN_SINCE=origin/${SYSTEM_PULLREQUEST_TARGETBRANCH#refs/heads/}..."#,
        "else",
        "  # The commit of the last run that went well.",
        #"  builds="$SYSTEM_COLLECTIONURI$SYSTEM_TEAMPROJECTID/_apis/build/builds""#,
        #"  query="definitions=$SYSTEM_DEFINITIONID&branchName=$BUILD_SOURCEBRANCH&resultFilter=succeeded&\$top=1&api-version=7.1""#,
        #"  KILN_SINCE=$(printf 'header = "Authorization: Bearer %s"\n' "$SYSTEM_ACCESSTOKEN" \"#,
        #"    | curl -fsS --config - "$builds?$query" | jq -r '.value[0].sourceVersion // empty') || KILN_SINCE="#,
        "fi",
      ]
    }
  }

  /// Hands the customers, and the commit, on to other jobs, by systems that have a way of their own to do that.
  var results: [String] {
    let names = #"names=,$(tr '\n' , < \#(ReleasePipeline.customers))"#
    return switch system {
    case .github: [names, #"echo "customers=$names" >> "$GITHUB_OUTPUT""#]
    case .azurePipelines:
      [
        names, ###"echo "##vso[task.setvariable variable=customers;isOutput=true]$names""###,
        ###"echo "##vso[task.setvariable variable=since;isOutput=true]$KILN_SINCE""###,
      ]
    case .gitlab, .jenkins: []
    }
  }
}
