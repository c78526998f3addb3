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
          "# Without a commit to compare with, each customer's own job makes what it needs.",
          #"case $KILN_SINCE in *[!0]*) ;; *) exit 0 ;; esac"#,
          #"git cat-file -e "$KILN_SINCE^{commit}" 2> /dev/null || exit 0"#,
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
    if !plan.spec.tests.isEmpty {
      let files = "\(ReleasePipeline.folder)/\(target.file).tests"
      job.steps.append(
        Step(
          title: "Test",
          lines: randomSecrets(of: plan) + [
            "trap 'cp -r dist/\(plan.customer)/tests \(files) || true' EXIT",
            "kiln test \(customer) --junit \(files).xml",
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
    let credentials = plan.machine?.spec.azure == nil ? [] : Self.azureSecrets
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

  /// For the deployment, the machines and the pages half an hour each, and as much for the way back.
  private static let machineMinutes = 180

  /// A service principal's: what bakes and deploys machines asks Azure as it.
  static let azureSecrets = ["ARM_CLIENT_ID", "ARM_CLIENT_SECRET", "ARM_SUBSCRIPTION_ID", "ARM_TENANT_ID"]

  func deploy(
    _ plan: EnvironmentPlan, _ target: ReleasePipeline.Target, after before: String, needsApproval: Bool
  ) -> ReleasePipeline.Job {
    var job = Job(
      kind: .deploy, target: target, id: Self.deployment(of: target),
      title: "\(plan.customer): \(target.stage ?? "deploy")")
    job.needs = ["plan", before]
    job.needsApproval = needsApproval
    job.needsEngine = true
    let approval = needsApproval ? #" --approve "$KILN_APPROVAL""# : ""
    let timeout = settings.timeout.map { " --timeout \($0)" } ?? ""
    // Data services, jobs and apps, one after the other, and all of it once more on the way back.
    job.timeout = max(60, (settings.timeout ?? 0) / 60 * 6)
    let result = "\(ReleasePipeline.folder)/\(target.file).deploy.json"
    let isMachine = plan.spec.azureDeployment != nil
    if isMachine { job.timeout = max(Self.machineMinutes, job.timeout) }
    job.reachesCluster = !isMachine
    // The first stage bakes what the others take.
    let bakes = isMachine && !plan.spec.stages.contains { $0.name.value == target.stage && $0.after != nil }
    if bakes { job.timeout += 120 }
    let uses = plan.secretUses.filter { use in
      switch use.reader {
      case .app, .service: !isMachine
      case .parameters: isMachine
      case .build: bakes
      }
    }
    let secrets =
      (isMachine ? Self.azureSecrets + (bakes ? places(plan) : []) : registrySecrets + clusterSecrets)
      + variables(uses, of: plan) + notify.map(\.variable)
    let log = "\(ReleasePipeline.folder)/\(target.file).packer-build.log"
    let session =
      bakes
      ? ["trap 'cp dist/\(plan.customer)/packer-build.log \(log) || true' EXIT"]
      : self.session(registries: !isMachine, kubeconfig: !isMachine)
    job.steps =
      [
        kiln, tools,
        Step(
          title: "Deploy",
          lines: session + [
            "kiln deploy \(words(of: target))\(approval)\(timeout) --format json > \(result)"
          ], secrets: secrets),
      ] + proofs(plan, target)
    // Kiln has reported a release that failed in the cluster; what failed before that, nobody has.
    return finished(job, "deploying \(target.name)", of: target, unless: #""error": "deploy.failed""#, in: result)
  }

  /// What a stage must pass before the next one: here go tests and load tests.
  private func proofs(_ plan: EnvironmentPlan, _ target: ReleasePipeline.Target) -> [ReleasePipeline.Step] {
    guard settings.asksAddresses, let staged = target.stage.map({ plan.at(stage: $0) }) ?? plan else { return [] }
    let asked = staged.apps.compactMap { app -> ReleasePipeline.Step? in
      guard let domain = app.domains.first else { return nil }
      let report = "\(ReleasePipeline.folder)/\(target.file).\(app.name).url.xml"
      return Step(
        title: "Ask \(domain.value)",
        lines: [
          "kiln verify \(PipelineWord.quote(plan.customer)) --app \(PipelineWord.quote(app.name)) "
            + "--url \(PipelineWord.quote("https://\(domain.value)")) --junit \(report)"
        ])
    }
    let smoke = smokeTests(plan, target, staged)
    // Where nothing comes after a stage, its users are there.
    let isLast = target.stage != nil && !plan.spec.stages.contains { $0.after?.value == target.stage }
    let domains = staged.apps.compactMap(\.domains.first)
    // The release of a machine knows where it answers.
    let isMachine = plan.spec.azureDeployment != nil
    guard !plan.spec.loadTests.isEmpty, !isLast, !domains.isEmpty || isMachine && target.stage != nil else {
      return asked + smoke
    }
    let place =
      target.stage == nil ? domains.first.map { " --url \(PipelineWord.quote("https://\($0.value)"))" } ?? "" : ""
    let files = "\(ReleasePipeline.folder)/\(target.file).load"
    return asked + smoke + [
      Step(
        title: "Load test",
        // Results of earlier releases are with these.
        lines: session(
          registries: false, kubeconfig: plan.spec.kubernetes != nil,
          atEnd: "cp -r dist/\(plan.customer)/load \(files) || true") + [
            "kiln load \(words(of: target))\(place) --junit \(files).xml"
          ], secrets: plan.spec.kubernetes != nil ? clusterSecrets : Self.azureSecrets)
    ]
  }

  /// The tests of the spec against what is deployed, where they have one app and its domain.
  private func smokeTests(
    _ plan: EnvironmentPlan, _ target: ReleasePipeline.Target, _ staged: EnvironmentPlan
  ) -> [ReleasePipeline.Step] {
    guard !plan.spec.tests.isEmpty, staged.apps.count == 1, let domain = staged.apps[0].domains.first else { return [] }
    let files = "\(ReleasePipeline.folder)/\(target.file).tests"
    return [
      Step(
        title: "Test \(domain.value)",
        lines: [
          "trap 'cp -r dist/\(plan.customer)/tests \(files) || true' EXIT",
          "kiln test \(PipelineWord.quote(plan.customer)) --url \(PipelineWord.quote("https://\(domain.value)")) --junit \(files).xml",
        ], secrets: variables(plan.testSecrets.map(\.use), of: plan))
    ]
  }

  /// By hand: an earlier release of what somebody chooses.
  func rollback(of fleet: [EnvironmentPlan]) -> ReleasePipeline.Job {
    var job = Job(kind: .rollback, id: "rollback", title: "Roll back")
    let hasClusters = fleet.contains { $0.spec.kubernetes != nil }
    let deployed = fleet.filter { $0.spec.azureDeployment != nil }
    job.timeout = deployed.isEmpty ? 30 : Self.machineMinutes
    job.steps = [
      kiln, tools,
      Step(
        title: "Roll back",
        lines: session(registries: false, kubeconfig: hasClusters) + [
          #"set -- "${KILN_ROLLBACK%%/*}" --approve "$KILN_APPROVAL""#,
          #"case $KILN_ROLLBACK in */*) set -- "$@" --stage "${KILN_ROLLBACK#*/}" ;; esac"#,
          #"case ${KILN_RELEASE:-0} in 0) ;; *) set -- "$@" --to "$KILN_RELEASE" ;; esac"#,
          #"kiln rollback "$@" --format json > \#(ReleasePipeline.folder)/rollback.json"#,
        ],
        secrets: (hasClusters ? clusterSecrets : []) + (deployed.isEmpty ? [] : Self.azureSecrets)
          // What Azure does not give back of an earlier deployment.
          + deployed.flatMap { variables($0.secrets(of: .parameters), of: $0) }),
    ]
    return finished(job, "the rollback")
  }
}
