import KilnPipelines
import KilnSpec

/// A pipeline as a Jenkinsfile. What is for one customer is a branch of its own, beside those of the others.
struct JenkinsLowering {
  let pipeline: ReleasePipeline

  func file(_ header: [String]) -> Jenkinsfile {
    var file = Jenkinsfile(header: header)
    file.label = pipeline.settings.jenkinsLabel
    file.image = pipeline.settings.image
    file.folder = String(pipeline.prefix.dropLast())
    if !pipeline.targets.isEmpty {
      file.choice = (
        "KILN_ROLLBACK", ReleasePipeline.question, [ReleasePipeline.nothing] + pipeline.targets.map(\.name)
      )
      file.input = ("KILN_RELEASE", ReleasePipeline.number)
    }
    file.environment = [
      ("KILN_PUBLISH", "\"${env.CHANGE_ID ? 'no' : 'yes'}\""),
      ("KILN_SINCE", "\"${env.CHANGE_TARGET ? 'origin/' + env.CHANGE_TARGET + '...' : ''}\""),
      ("KILN_RUN_URL", "\"${env.BUILD_URL}\""),
    ]
    let shared = pipeline.jobs.filter { $0.target == nil && $0.kind != .rollback }
    file.stages = shared.map(stage)
    var customers: [String] = []
    for case let target? in pipeline.jobs.map(\.target) where !customers.contains(target.customer) {
      customers.append(target.customer)
    }
    if !customers.isEmpty {
      var all = Jenkinsfile.Stage("Customers")
      all.condition = Self.isNoRollback(pipeline)
      all.parallel = customers.map { customer in
        var own = Jenkinsfile.Stage(customer)
        own.condition = .contains("env.KILN_CUSTOMERS", ",\(customer),")
        own.stages = pipeline.jobs.filter { $0.target?.customer == customer }.map(stage)
        return own
      }
      file.stages.append(all)
    }
    file.stages += pipeline.jobs.filter { $0.kind == .rollback }.map(stage)
    return file
  }

  private static func isNoRollback(_ pipeline: ReleasePipeline) -> Jenkinsfile.Expression? {
    pipeline.targets.isEmpty ? nil : "params.KILN_ROLLBACK == 'nothing'"
  }

  private func stage(_ job: ReleasePipeline.Job) -> Jenkinsfile.Stage {
    var stage = Jenkinsfile.Stage(job.title)
    let isOnBranch = Jenkinsfile.Expression.equals("env.BRANCH_NAME", pipeline.settings.branch)
    switch job.kind {
    case .rollback: stage.condition = .all([isOnBranch, "params.KILN_ROLLBACK != 'nothing'"])
    case .check, .plan: stage.condition = Self.isNoRollback(pipeline)
    case .runtimes: stage.condition = .all([isOnBranch, Self.isNoRollback(pipeline)].compactMap { $0 })
    case .build, .bake, .deploy: stage.condition = job.isForRequests ? nil : isOnBranch
    }
    if job.needsApproval {
      stage.question = ("Deploy to \(job.target?.name ?? "")?", "Deploy")
      stage.environment = [("KILN_APPROVAL", "\"${env.KILN_APPROVER}, ${env.BUILD_URL}\"")]
    }
    if job.kind == .rollback { stage.environment = [("KILN_APPROVAL", "\"${env.BUILD_URL}\"")] }
    stage.environment += job.secrets.map { (name: $0, value: Jenkinsfile.Expression.secret($0)) }
    stage.timeout = job.timeout
    for step in job.steps {
      stage.steps.append(.init(step.title, .script(step.script)))
      if step.id != nil {
        stage.steps.append(.init(step.title, .variable("KILN_CUSTOMERS", file: ReleasePipeline.customers)))
      }
    }
    stage.onFailure = job.onFailure?.script
    stage.failureSecrets = job.onFailure?.secrets ?? []
    stage.artifacts = [pipeline.prefix + ReleasePipeline.folder + "/**"]
    if job.kind == .build || job.kind == .deploy { stage.junit = [pipeline.prefix + ReleasePipeline.junit] }
    return stage
  }
}
