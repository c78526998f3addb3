import KilnPipelines
import KilnSpec

/// A pipeline as `.gitlab-ci.yml`. Secrets are variables of the project or the environment, which jobs have as they are.
struct GitLabLowering {
  let pipeline: ReleasePipeline

  private var isOnBranch: GitLabPipeline.Condition { .equals("$CI_COMMIT_BRANCH", pipeline.settings.branch) }
  private static let isRequest: GitLabPipeline.Condition = "$CI_PIPELINE_SOURCE == \"merge_request_event\""
  private static let isNoRollback: GitLabPipeline.Condition = "$KILN_ROLLBACK == \"nothing\""

  func pipeline(_ header: [String]) -> GitLabPipeline {
    var lowered = GitLabPipeline(header: header)
    lowered.stages = ["check", "build", "bake", "deploy", "rollback"]
    lowered.rules = [
      .init(Self.isRequest, variables: [("KILN_SINCE", "$CI_MERGE_REQUEST_DIFF_BASE_SHA"), ("KILN_PUBLISH", "no")]),
      .init(
        .all([isOnBranch, "$CI_PIPELINE_SOURCE == \"push\""]),
        variables: [("KILN_SINCE", "$CI_COMMIT_BEFORE_SHA"), ("KILN_PUBLISH", "yes")]),
      .init(isOnBranch, variables: [("KILN_SINCE", ""), ("KILN_PUBLISH", "yes")], isManual: true),
    ]
    lowered.folders = pipeline.folders
    lowered.file = pipeline.system.path
    lowered.choices = [
      ("KILN_ROLLBACK", ReleasePipeline.question, [ReleasePipeline.nothing] + pipeline.targets.map(\.name))
    ]
    if !pipeline.targets.isEmpty { lowered.inputs = [("KILN_RELEASE", ReleasePipeline.number)] }
    lowered.image = pipeline.settings.image
    lowered.tags = pipeline.settings.gitlabTags
    lowered.before = [#"export KILN_RUN_URL="$CI_JOB_URL" KILN_APPROVAL="$GITLAB_USER_LOGIN, $CI_JOB_URL""#]
    if !pipeline.prefix.isEmpty {
      lowered.before.append("cd \(PipelineWord.quote(String(pipeline.prefix.dropLast())))")
    }
    lowered.jobs = pipeline.jobs.map(job)
    return lowered
  }

  private func job(_ job: ReleasePipeline.Job) -> GitLabPipeline.Job {
    let stage =
      switch job.kind {
      case .check, .plan: "check"
      case .runtimes, .build: "build"
      case .bake: "bake"
      case .deploy: "deploy"
      case .rollback: "rollback"
      }
    var lowered = GitLabPipeline.Job(job.id, stage: stage)
    // A need that this pipeline does not have is an error there: requests have no runtimes built.
    lowered.needs = job.needs
    lowered.optional = job.isForRequests ? ["runtimes"] : []
    lowered.timeout = job.timeout
    lowered.hasEngine = job.needsEngine
    switch job.kind {
    case .rollback:
      lowered.rules = [.init(.all([isOnBranch, "$KILN_ROLLBACK != \"nothing\""]))]
      lowered.environment = "$KILN_ROLLBACK"
      lowered.group = "$KILN_ROLLBACK"
    case .deploy:
      let name = GitLabPipeline.Value.text(job.target.map(pipeline.system.environment) ?? "")
      lowered.environment = name
      lowered.group = name
      var rule = GitLabPipeline.Rule(.all([isOnBranch, Self.isNoRollback]), isManual: job.needsApproval)
      // A job by hand holds the whole pipeline up: there is none for customers that a push does not touch.
      if job.needsApproval, let paths = job.target.flatMap({ pipeline.paths[$0.customer] }) {
        rule.changes = .init(files: paths.files, folders: paths.folders)
      }
      lowered.rules = [rule]
    case .check, .plan, .runtimes, .build, .bake:
      lowered.rules =
        (job.isForRequests ? [.init(Self.isRequest)] : []) + [.init(.all([isOnBranch, Self.isNoRollback]))]
    }
    lowered.scripts = scripts(job)
    if let step = job.onFailure {
      // Another shell runs it.
      lowered.after =
        [
          "[ \"$CI_JOB_STATUS\" = failed ] || exit 0", #"export KILN_RUN_URL="$CI_JOB_URL""#,
        ] + (pipeline.prefix.isEmpty ? [] : ["cd \(PipelineWord.quote(String(pipeline.prefix.dropLast())))"])
        + [step.script]
    }
    lowered.artifacts = [pipeline.prefix + ReleasePipeline.folder + "/"]
    if job.kind == .build || job.kind == .deploy {
      lowered.junit = [ReleasePipeline.junit, ReleasePipeline.testReports].map { pipeline.prefix + $0 }
    }
    return lowered
  }

  /// One entry for each step. Those that leave something to a trap are in a shell of their own: all entries share one.
  private func scripts(_ job: ReleasePipeline.Job) -> [String] {
    var scripts: [String] = []
    if let target = job.target {
      scripts.append(
        "grep -qxF \(PipelineWord.quote(target.customer)) \(ReleasePipeline.customers)"
          + " || { echo 'this change does not concern it'; exit 0; }")
    }
    for step in job.steps {
      let isComment =
        step.secrets == [pipeline.settings.gitlabToken].compactMap { $0 } && job.kind == .plan
        && !step.secrets.isEmpty
      if isComment {
        scripts.append(
          (["if [ -n \"${CI_MERGE_REQUEST_IID:-}\" ]; then ("] + step.lines + [") fi"]).map { $0 + "\n" }.joined())
      } else if step.lines.contains(where: { $0.hasPrefix("trap ") || $0.contains("exit 0") }) {
        scripts.append((["("] + step.lines + [")"]).map { $0 + "\n" }.joined())
      } else {
        scripts.append(step.lines.count == 1 ? step.lines[0] : step.script)
      }
    }
    return scripts
  }
}
