import KilnPipelines
import KilnPlan
import KilnSpec

/// The jobs of a pipeline and what they run.
struct PipelineScripts {
  let system: PipelineSystem
  let settings: PipelineSettings
  let notify: [NotificationUse]

  private typealias Job = ReleasePipeline.Job
  private typealias Step = ReleasePipeline.Step

  static func deployment(of target: ReleasePipeline.Target) -> String { "deploy_\(target.id)" }

  /// What is wrong is reported beside its line, and generated files are what the specs say.
  var check: ReleasePipeline.Job {
    let format = system.annotations.map { " --format \($0)" } ?? ""
    var job = Job(kind: .check, id: "check", title: "Check")
    job.isForRequests = true
    job.timeout = 15
    job.steps = [
      kiln, Step(title: "Check the specs", lines: ["kiln check\(format)"]),
      Step(title: "Check the generated files", lines: ["kiln generate --check\(format)"]),
    ]
    return finished(job, "check")
  }

  /// Which customers a change concerns, and what it builds.
  var plan: ReleasePipeline.Job {
    var job = Job(kind: .plan, id: "plan", title: "Plan")
    job.needs = ["check"]
    job.isForRequests = true
    job.timeout = 15
    job.steps = [
      kiln,
      Step(
        title: "Find what this change concerns",
        lines: since + [
          // A new branch has no commit before it, or one that is not in this clone: everything is concerned then.
          #"case $KILN_SINCE in *[!0]*) ;; *) KILN_SINCE= ;; esac"#,
          #"if [ -n "$KILN_SINCE" ] && kiln plan --since "$KILN_SINCE" --format customers > \#(ReleasePipeline.customers); then"#,
          #"  kiln plan --since "$KILN_SINCE" --format markdown > \#(ReleasePipeline.plan)"#,
          "else", "  kiln plan --format customers > \(ReleasePipeline.customers)", "fi",
          "cat \(ReleasePipeline.customers)",
        ] + results,
        secrets: system == .azurePipelines ? ["SYSTEM_ACCESSTOKEN"] : [], id: "changes"),
    ]
    if let comment = PipelineComment(system: system, settings: settings).step { job.steps.append(comment) }
    return finished(job, "plan")
  }

  /// Runtimes that several customers share are made once, before what stands on them.
  var runtimes: ReleasePipeline.Job {
    var job = Job(kind: .runtimes, id: "runtimes", title: "Build runtimes")
    job.needs = ["plan"]
    job.needsEngine = true
    job.steps = [
      kiln, tools,
      Step(
        title: "Build the runtimes that this change makes",
        lines: session(registries: true, kubeconfig: false) + (system == .jenkins ? since : []) + [
          #"[ -n "$KILN_SINCE" ] || exit 0"#,
          #"customers=$(kiln plan --since "$KILN_SINCE" --kind runtime --format customers)"#,
          "# Names are words.", "# shellcheck disable=SC2086",
          #"if [ -n "$customers" ]; then kiln build $customers --image runtime --push; fi"#,
        ], secrets: registrySecrets),
    ]
    return finished(job, "building the runtimes")
  }

  func build(_ plan: EnvironmentPlan, after needs: [String]) -> ReleasePipeline.Job {
    let customer = PipelineWord.quote(plan.customer)
    let target = ReleasePipeline.Target(customer: plan.customer, stage: nil)
    var job = Job(kind: .build, target: target, id: "build_\(target.id)", title: "\(plan.customer): build")
    job.needs = needs.filter { $0 != "check" }
    job.isForRequests = true
    job.needsEngine = true
    job.timeout = 90
    let push =
      plan.registry == nil
      ? ["kiln build \(customer)"]
      : [#"if [ "$KILN_PUBLISH" = yes ]; then kiln build \#(customer) --push; else kiln build \#(customer); fi"#]
    let report = "--junit \(ReleasePipeline.folder)/\(target.file).verify.xml"
    job.steps = [
      kiln, tools,
      Step(
        title: "Build", lines: session(registries: true, kubeconfig: false) + push,
        secrets: registrySecrets + variables(plan.buildSecrets, of: plan)),
      Step(title: "Verify the image", lines: ["kiln verify \(customer) \(report)"]),
    ]
    if settings.bringsUp, !plan.apps.isEmpty {
      job.steps.append(
        Step(
          title: "Bring it up and verify it",
          lines: randomSecrets(of: plan) + [
            "trap 'kiln down \(plan.customer) --volumes --yes' EXIT", "kiln up \(customer) --no-proxy",
            "kiln verify \(customer) \(report)",
          ]))
    }
    return finished(job, "building \(plan.customer)", of: target)
  }

  func bake(_ plan: EnvironmentPlan, after build: String) -> ReleasePipeline.Job {
    let customer = PipelineWord.quote(plan.customer)
    let target = ReleasePipeline.Target(customer: plan.customer, stage: nil)
    var job = Job(kind: .bake, target: target, id: "bake_\(target.id)", title: "\(plan.customer): bake")
    job.needs = ["plan", build]
    job.needsEngine = true
    job.timeout = 120
    let files = "\(ReleasePipeline.folder)/\(target.file)"
    let credentials =
      plan.machine?.spec.azure == nil
      ? [] : ["ARM_CLIENT_ID", "ARM_CLIENT_SECRET", "ARM_SUBSCRIPTION_ID", "ARM_TENANT_ID"]
    job.steps = [
      kiln, tools,
      Step(
        title: "Bake",
        lines: [
          "trap 'cp dist/\(plan.customer)/packer-build.log \(files).packer-build.log || true' EXIT",
          "kiln bake \(customer) --format json > \(files).bake.json",
        ],
        secrets: credentials + places(plan)
          + variables(plan.buildSecrets + plan.secrets(of: .parameters), of: plan)),
    ]
    return finished(job, "baking \(plan.customer)", of: target)
  }

  func deploy(
    _ plan: EnvironmentPlan, _ deployment: KubernetesPlan, _ target: ReleasePipeline.Target, after before: String,
    needsApproval: Bool
  ) -> ReleasePipeline.Job {
    var job = Job(
      kind: .deploy, target: target, id: Self.deployment(of: target),
      title: "\(plan.customer): \(target.stage ?? "deploy")")
    job.needs = ["plan", before]
    job.needsApproval = needsApproval
    job.needsEngine = true
    let approval = needsApproval ? #" --approve "$KILN_APPROVAL""# : ""
    let timeout = settings.timeout == 600 ? "" : " --timeout \(settings.timeout)"
    // Data services, jobs and apps, one after the other, and all of it once more on the way back.
    job.timeout = max(60, settings.timeout / 60 * 6)
    let result = "\(ReleasePipeline.folder)/\(target.file).deploy.json"
    let runtime = plan.secretUses.filter { use in
      switch use.reader {
      case .app, .service: true
      case .build, .parameters: false
      }
    }
    job.steps =
      [
        kiln, tools,
        Step(
          title: "Deploy",
          lines: session(registries: true, kubeconfig: true) + [
            "kiln deploy \(words(of: target))\(approval)\(timeout) --format json > \(result)"
          ], secrets: registrySecrets + clusterSecrets + variables(runtime, of: plan) + notify.map(\.variable)),
      ] + proofs(plan, target)
    // Kiln has reported a release that failed in the cluster; what failed before that, nobody has.
    return finished(job, "deploying \(target.name)", of: target, unless: #""error": "deploy.failed""#, in: result)
  }

  /// What a stage must pass before the next one: here go tests and load tests.
  private func proofs(_ plan: EnvironmentPlan, _ target: ReleasePipeline.Target) -> [ReleasePipeline.Step] {
    guard settings.asksAddresses, let staged = target.stage.map({ plan.at(stage: $0) }) ?? plan else { return [] }
    return staged.apps.compactMap { app in
      guard let domain = app.domains.first else { return nil }
      let report = "\(ReleasePipeline.folder)/\(target.file).\(app.name).url.xml"
      return Step(
        title: "Ask \(domain.value)",
        lines: [
          "kiln verify \(PipelineWord.quote(plan.customer)) --app \(PipelineWord.quote(app.name)) "
            + "--url \(PipelineWord.quote("https://\(domain.value)")) --junit \(report)"
        ])
    }
  }

  /// By hand: an earlier release of what somebody chooses.
  var rollback: ReleasePipeline.Job {
    var job = Job(kind: .rollback, id: "rollback", title: "Roll back")
    job.timeout = 30
    job.steps = [
      kiln, tools,
      Step(
        title: "Roll back",
        lines: session(registries: false, kubeconfig: true) + [
          #"set -- "${KILN_ROLLBACK%%/*}" --approve "$KILN_APPROVAL""#,
          #"case $KILN_ROLLBACK in */*) set -- "$@" --stage "${KILN_ROLLBACK#*/}" ;; esac"#,
          #"case ${KILN_RELEASE:-0} in 0) ;; *) set -- "$@" --to "$KILN_RELEASE" ;; esac"#,
          #"kiln rollback "$@" --format json > \#(ReleasePipeline.folder)/rollback.json"#,
        ], secrets: clusterSecrets),
    ]
    return finished(job, "the rollback")
  }

  // MARK: Steps

  private var kiln: ReleasePipeline.Step {
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
    return Step(title: "Get Kiln", lines: lines + safe + ["kiln --version", "mkdir -p \(ReleasePipeline.folder)"])
  }

  private var tools: ReleasePipeline.Step {
    let script = "\(ReleasePipeline.folder)/install.sh"
    return Step(
      title: "Install what the agent lacks", lines: ["kiln doctor --install-script > \(script)", "sh \(script)"])
  }

  /// Logins that end with the script: nothing of them stays on the agent.
  private func session(registries: Bool, kubeconfig: Bool) -> [String] {
    let logins = registries ? settings.logins : []
    let config = kubeconfig ? settings.kubeconfig : nil
    if logins.isEmpty, config == nil { return [] }
    var lines = [
      "private=$(mktemp -d)", #"trap 'rm -rf "$private"' EXIT"#, "trap 'exit 1' HUP INT TERM",
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

  private func words(of target: ReleasePipeline.Target) -> String {
    PipelineWord.quote(target.customer) + (target.stage.map { " --stage \(PipelineWord.quote($0))" } ?? "")
  }

  /// Adds what runs after a failure.
  /// - Parameter text: What `file` has where somebody has been notified already.
  private func finished(
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
      job.onFailure = Step(
        title: "Notify",
        lines: [#"if [ "$KILN_PUBLISH" = yes ]; then"#] + known + ["  \(known.isEmpty ? "" : "  ")\(command)", "fi"],
        secrets: notify.map(\.variable))
    }
    return job
  }

  // MARK: Secrets

  private var registrySecrets: [String] {
    settings.logins.flatMap { login in
      var names = [login.password]
      if case .variable(let name) = login.account { names.append(name) }
      return names
    }
  }

  private var clusterSecrets: [String] { [settings.kubeconfig].compactMap { $0 } }

  /// Those that come from variables: a key vault's are read where they are used.
  private func variables(_ uses: [SecretUse], of plan: EnvironmentPlan) -> [String] {
    let known = Set(
      plan.spec.secrets.compactMap { secret -> String? in
        if case .environment(let variable) = secret.source { variable } else { nil }
      })
    return uses.map(\.variable).filter(known.contains)
  }

  /// What a bake is told of where images are kept.
  private func places(_ plan: EnvironmentPlan) -> [String] {
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
  private func randomSecrets(of plan: EnvironmentPlan) -> [String] {
    var seen: Set<String> = []
    return plan.secretUses.filter { use in
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
  private var since: [String] {
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
  private var results: [String] {
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
