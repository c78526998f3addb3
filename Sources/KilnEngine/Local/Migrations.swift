import KilnArtifacts
import KilnPlan
import KilnProcesses
import KilnSpec

/// The jobs of an environment that run once for each deployment.
struct Migrations {
  let plan: EnvironmentPlan
  let images: [BuiltImage]
  /// Keyed digests of what each workload reads.
  let secrets: [String: String]
  let environment: LocalEnvironment

  /// Those that have not run with success for what is deployed now, with what they would have run for.
  ///
  /// A deployment is another image, other values or another command, or other data: who removes the volumes and starts again
  /// has an empty database.
  func pending() async throws -> [(job: Workload, key: String)] {
    let jobs = plan.workloads.filter { $0.kind == .migration }
    guard !jobs.isEmpty else { return [] }
    let data = plan.workloads.filter { $0.kind == .service }.flatMap(\.volumes).map(\.name)
    let volumes = try await environment.ages(ofVolumes: data)
    return jobs.compactMap { job in
      let image = images.first { $0.name == job.app }?.id ?? ""
      let parts = [image, job.digest?.hex ?? "", secrets[job.name] ?? ""] + volumes
      let key = ContentDigest(of: parts.joined(separator: "\n")).hex
      return environment.state.migrations[job.name] == key ? nil : (job, key)
    }
  }
}

extension LocalEnvironment {
  /// Those of the volumes that are there, each with the time when it was made.
  func ages(ofVolumes volumes: [String]) async throws -> [String] {
    let wanted = Set(volumes.map { "\(project.name)_\($0)" })
    let docker = context.docker.tool
    let names = try await docker.output([
      "volume", "ls", "--quiet", "--filter", "label=com.docker.compose.project=\(project.name)",
    ]).output.split(separator: "\n").map(String.init).filter(wanted.contains).sorted()
    guard !names.isEmpty else { return [] }
    let result = try await docker.output(["volume", "inspect", "--format", "{{.Name}} {{.CreatedAt}}"] + names)
    guard result.isSuccess else {
      throw EngineFailure(engine: .docker, what: "look at the volumes of \(customer)", answer: result.error)
    }
    return result.output.split(separator: "\n").map(String.init)
  }
}
