import KilnDocuments
import KilnPipelines
import KilnSpec

extension ReleasePipeline {
  /// The definition in the system's language.
  /// - Parameter header: Comment lines.
  public func render(header: [String]) -> String {
    switch system {
    case .github: GitHubLowering(pipeline: self).workflow(header).render()
    case .gitlab: GitLabLowering(pipeline: self).pipeline(header).render()
    case .azurePipelines: AzureLowering(pipeline: self).pipeline(header).render()
    case .jenkins: JenkinsLowering(pipeline: self).file(header).render()
    }
  }

  /// How somebody who starts the pipeline by hand is asked, in every system.
  static let question = "What goes back to an earlier release; without a choice everything is built and deployed"
  static let number = "The release's number as `kiln history` has it; the good one before where it is 0"

  /// Whether images come from GitHub's own registry, whose token needs a permission.
  fileprivate var usesGitHubRegistry: Bool {
    settings.logins.contains { $0.registry == "ghcr.io" || $0.registry.hasPrefix("ghcr.io/") }
  }
}

/// A pipeline as a workflow of GitHub Actions.
struct GitHubLowering {
  let pipeline: ReleasePipeline

  private static let isRequest: GitHubWorkflow.Condition = "github.event_name == 'pull_request'"
  private static let isNoRequest: GitHubWorkflow.Condition = "github.event_name != 'pull_request'"

  func workflow(_ header: [String]) -> GitHubWorkflow {
    var workflow = GitHubWorkflow(header: header)
    workflow.branch = pipeline.settings.branch
    workflow.folders = pipeline.folders
    workflow.file = pipeline.system.path
    if !pipeline.targets.isEmpty {
      workflow.choice = (
        "rollback", ReleasePipeline.question, [ReleasePipeline.nothing] + pipeline.targets.map(\.name)
      )
      workflow.input = ("release", ReleasePipeline.number)
    }
    workflow.environment = [
      (
        "KILN_SINCE",
        "${{ github.event_name == 'pull_request' && format('origin/{0}...', github.base_ref) || github.event.before }}"
      ), ("KILN_PUBLISH", "${{ github.event_name == 'pull_request' && 'no' || 'yes' }}"),
      ("KILN_RUN_URL", "${{ github.server_url }}/${{ github.repository }}/actions/runs/${{ github.run_id }}"),
    ]
    workflow.folder = String(pipeline.prefix.dropLast())
    workflow.jobs = pipeline.jobs.map(job)
    return workflow
  }

  private func job(_ job: ReleasePipeline.Job) -> GitHubWorkflow.Job {
    var lowered = GitHubWorkflow.Job(id: job.id, name: .text(job.title))
    lowered.needs = job.needs
    lowered.condition = condition(job)
    lowered.labels = pipeline.settings.githubLabels.map { .text($0) }
    lowered.container = pipeline.settings.image.map { .text($0) }
    lowered.timeout = job.timeout
    lowered.permissions = permissions(job)
    switch job.kind {
    case .deploy:
      let name = GitHubWorkflow.Value.text(job.target.map(pipeline.system.environment) ?? "")
      lowered.environment = name
      lowered.group = name
    case .rollback:
      lowered.environment = "${{ inputs.rollback }}"
      lowered.group = "${{ inputs.rollback }}"
    case .plan: lowered.outputs = [("customers", "${{ steps.changes.outputs.customers }}")]
    case .check, .runtimes, .build, .bake: break
    }
    lowered.steps = steps(job)
    return lowered
  }

  private func condition(_ job: ReleasePipeline.Job) -> GitHubWorkflow.Condition? {
    let isOnBranch = GitHubWorkflow.Condition.equals("github.ref", "refs/heads/\(pipeline.settings.branch)")
    var conditions: [GitHubWorkflow.Condition] = []
    switch job.kind {
    case .rollback: return .all([isOnBranch, "inputs.rollback", "inputs.rollback != 'nothing'"])
    case .check:
      return pipeline.targets.isEmpty ? nil : "github.event_name != 'workflow_dispatch' || inputs.rollback == 'nothing'"
    case .plan: return nil
    case .runtimes, .build, .bake, .deploy: break
    }
    // A job after one that is not for this change still runs.
    if job.needs.contains("runtimes") {
      conditions.append("!cancelled() && needs.plan.result == 'success' && needs.runtimes.result != 'failure'")
    }
    if !job.isForRequests { conditions += [isOnBranch, Self.isNoRequest] }
    if let target = job.target { conditions.append(.contains("needs.plan.outputs.customers", ",\(target.customer),")) }
    return .all(conditions)
  }

  private func permissions(_ job: ReleasePipeline.Job) -> [(name: String, access: String)] {
    var permissions = [(name: "contents", access: "read")]
    switch job.kind {
    case .plan: permissions.append(("pull-requests", "write"))
    case .runtimes, .build, .deploy:
      if pipeline.usesGitHubRegistry { permissions.append(("packages", "write")) }
    case .check, .bake, .rollback: break
    }
    return permissions.count == 1 ? [] : permissions
  }

  private func steps(_ job: ReleasePipeline.Job) -> [GitHubWorkflow.Step] {
    var steps = [
      GitHubWorkflow.Step(
        "Check out", .uses(.checkout, with: [("fetch-depth", 0), ("persist-credentials", false)]))
    ]
    for step in job.steps {
      let isComment = step.secrets.contains("GITHUB_TOKEN") && job.kind == .plan
      var environment = secrets(of: step)
      if isComment { environment.append(("KILN_REQUEST", "${{ github.event.pull_request.number }}")) }
      if step.reads("KILN_APPROVAL") { environment.append(("KILN_APPROVAL", Self.approval)) }
      if step.reads("KILN_ROLLBACK") { environment.append(("KILN_ROLLBACK", "${{ inputs.rollback }}")) }
      if step.reads("KILN_RELEASE") { environment.append(("KILN_RELEASE", "${{ inputs.release }}")) }
      // A request from elsewhere has a token that may only read.
      let condition: GitHubWorkflow.Condition? =
        isComment
        ? .all([Self.isRequest, "github.event.pull_request.head.repo.full_name == github.repository"]) : nil
      steps.append(
        .init(.text(step.title), id: step.id, if: condition, environment: environment, .run(step.script)))
    }
    if let step = job.onFailure {
      steps.append(
        .init(
          .text(step.title), if: .all(["failure()", Self.isNoRequest]), environment: secrets(of: step),
          .run(step.script)))
    }
    if job.kind == .plan {
      steps.append(
        .init(
          "Show the plan",
          .run("if [ -s \(ReleasePipeline.plan) ]; then cat \(ReleasePipeline.plan) >> \"$GITHUB_STEP_SUMMARY\"; fi\n"))
      )
    }
    steps.append(
      .init(
        "Publish reports", if: "always()",
        .uses(
          .upload,
          with: [
            ("name", .string(job.id)), ("path", GitHubWorkflow.plain(pipeline.prefix + ReleasePipeline.folder)),
            ("if-no-files-found", "ignore"),
          ])))
    return steps
  }

  private static let approval: GitHubWorkflow.Value =
    "${{ github.actor }}, ${{ github.server_url }}/${{ github.repository }}/actions/runs/${{ github.run_id }}"

  private func secrets(of step: ReleasePipeline.Step) -> [(name: String, value: GitHubWorkflow.Value)] {
    var seen: Set<String> = []
    return step.secrets.filter { seen.insert($0).inserted }.map { (name: $0, value: .secret($0)) }
  }
}
