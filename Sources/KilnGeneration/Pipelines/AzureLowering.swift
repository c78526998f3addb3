import KilnPipelines
import KilnSpec

/// A pipeline as `azure-pipelines.yml`: each job is a stage, since approvals are waited for by stages.
struct AzureLowering {
  let pipeline: ReleasePipeline

  private static let isRequest: AzurePipeline.Condition = "eq(variables['Build.Reason'], 'PullRequest')"
  private static let isNoRequest: AzurePipeline.Condition = "ne(variables['Build.Reason'], 'PullRequest')"
  private static let runURL: AzurePipeline.Value =
    "$(System.CollectionUri)$(System.TeamProjectId)/_build/results?buildId=$(Build.BuildId)"

  func pipeline(_ header: [String]) -> AzurePipeline {
    var lowered = AzurePipeline(header: header)
    lowered.branch = pipeline.settings.branch
    lowered.folders = pipeline.folders
    lowered.file = pipeline.system.path
    if !pipeline.targets.isEmpty {
      lowered.choice = ("rollback", ReleasePipeline.question, [ReleasePipeline.nothing] + pipeline.targets.map(\.name))
      lowered.input = ("release", ReleasePipeline.number)
    }
    lowered.variables = [
      ("KILN_PUBLISH", "${{ iif(eq(variables['Build.Reason'], 'PullRequest'), 'no', 'yes') }}"),
      ("KILN_RUN_URL", Self.runURL),
    ]
    lowered.pool = pipeline.settings.azurePool
    lowered.image = pipeline.settings.image
    lowered.folder = String(pipeline.prefix.dropLast())
    lowered.stages = pipeline.jobs.map(stage)
    return lowered
  }

  private func stage(_ job: ReleasePipeline.Job) -> AzurePipeline.Stage {
    var stage = AzurePipeline.Stage(id: job.id, name: .text(job.title))
    stage.needs = job.needs
    stage.condition = condition(job)
    stage.timeout = job.timeout
    if job.needs.contains("plan") {
      stage.variables = [("KILN_SINCE", "$[ stageDependencies.plan.plan.outputs['changes.since'] ]")]
    }
    switch job.kind {
    case .deploy: stage.environment = .text(job.target.map(pipeline.system.environment) ?? "")
    case .rollback: stage.environment = "${{ replace(parameters.rollback, '/', '-') }}"
    case .check, .plan, .runtimes, .build, .bake: break
    }
    stage.steps = steps(job)
    return stage
  }

  private func condition(_ job: ReleasePipeline.Job) -> AzurePipeline.Condition? {
    let isOnBranch = AzurePipeline.Condition.equals(
      "variables['Build.SourceBranch']", "refs/heads/\(pipeline.settings.branch)")
    switch job.kind {
    case .rollback: return .all([isOnBranch, "ne('${{ parameters.rollback }}', 'nothing')"])
    case .check: return pipeline.targets.isEmpty ? nil : "eq('${{ parameters.rollback }}', 'nothing')"
    case .plan: return nil
    case .runtimes, .build, .bake, .deploy: break
    }
    // A stage after one that is not for this change still runs.
    var conditions: [AzurePipeline.Condition] =
      job.needs.contains("runtimes")
      ? [
        "not(canceled())", "eq(dependencies.plan.result, 'Succeeded')",
        "in(dependencies.runtimes.result, 'Succeeded', 'Skipped')",
      ]
      : ["succeeded()"]
    if !job.isForRequests { conditions += [isOnBranch, Self.isNoRequest] }
    if let target = job.target {
      conditions.append(
        .contains("dependencies.plan.outputs['plan.changes.customers']", ",\(target.customer),"))
    }
    return .all(conditions)
  }

  private func steps(_ job: ReleasePipeline.Job) -> [AzurePipeline.Step] {
    var steps: [AzurePipeline.Step] = job.steps.map { step in
      let isComment = job.kind == .plan && step.id == nil && !step.secrets.isEmpty
      var environment = secrets(of: step)
      if step.reads("KILN_APPROVAL") {
        environment.append(
          (
            "KILN_APPROVAL",
            "$(Build.RequestedFor), $(System.CollectionUri)$(System.TeamProjectId)/_build/results?buildId=$(Build.BuildId)"
          ))
      }
      if step.reads("KILN_ROLLBACK") { environment.append(("KILN_ROLLBACK", "${{ parameters.rollback }}")) }
      if step.reads("KILN_RELEASE") { environment.append(("KILN_RELEASE", "${{ parameters.release }}")) }
      return .init(
        .text(step.title), id: step.id, if: isComment ? .all(["succeeded()", Self.isRequest]) : nil,
        environment: environment, .script(guarded(step)))
    }
    if let step = job.onFailure {
      steps.append(
        .init(
          .text(step.title), if: .all(["failed()", Self.isNoRequest]), environment: secrets(of: step),
          .script(guarded(step))))
    }
    let folder = pipeline.prefix + ReleasePipeline.folder
    if job.kind == .plan {
      let show =
        ###"if [ -s \###(ReleasePipeline.plan) ]; then echo "##vso[task.uploadsummary]$PWD/\###(ReleasePipeline.plan)"; fi"###
      steps.append(.init("Show the plan", .script(show + "\n")))
    }
    if job.kind == .build || job.kind == .deploy {
      steps.append(
        .init(
          "Publish tests", if: "always()", .tests(pattern: pipeline.prefix + ReleasePipeline.junit, title: job.title)))
    }
    // One name for each attempt: an artifact is not written twice.
    steps.append(
      .init(
        "Publish reports", if: "always()",
        .publish(folder: folder, artifact: "\(job.id)-$(System.StageAttempt)-$(System.JobAttempt)")))
    return steps
  }

  private func secrets(of step: ReleasePipeline.Step) -> [(name: String, value: AzurePipeline.Value)] {
    var seen: Set<String> = []
    return step.secrets.filter { seen.insert($0).inserted }.map { name in
      (name: name, value: name == "SYSTEM_ACCESSTOKEN" ? "$(System.AccessToken)" : .secret(name))
    }
  }

  /// A variable that nobody has set reaches a script as `$(NAME)`: it is unset there.
  private func guarded(_ step: ReleasePipeline.Step) -> String {
    guard !step.secrets.isEmpty else { return step.script }
    var seen: Set<String> = []
    let names = step.secrets.filter { seen.insert($0).inserted }.joined(separator: " ")
    return [
      "for name in \(names); do", #"  eval "value=\${$name:-}""#,
      #"  case $value in '$('"$name"')') unset "$name" ;; esac"#, "done",
    ].map { $0 + "\n" }.joined() + step.script
  }
}
