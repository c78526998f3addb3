import KilnConsole
import KilnDocuments
import KilnKubernetes

/// A schedule whose last run that has ended failed.
struct FailedSchedule {
  let state: WorkloadState

  /// - Parameter documents: With CronJobs and their Jobs.
  static func all(among documents: [DocumentValue]) -> [FailedSchedule] {
    let jobs = documents.filter { $0["kind"]?.textValue == "Job" }
    return documents.filter { $0["kind"]?.textValue == "CronJob" && Labels.areOwn($0) }.compactMap {
      schedule -> FailedSchedule? in
      guard let id = KubernetesObject(document: schedule.members)?.id else { return nil }
      let runs = jobs.filter { job in
        (job["metadata"]?["ownerReferences"]?.items ?? []).contains {
          $0["kind"]?.textValue == "CronJob" && $0["name"]?.textValue == id.name
        }
      }
      let ended = runs.filter { run in
        ["Complete", "Failed"].contains { WorkloadState.condition($0, of: run) != nil }
      }
      // Stamps of RFC 3339 in UTC sort as they follow each other.
      let last = ended.max {
        ($0["metadata"]?["creationTimestamp"]?.textValue ?? "")
          < ($1["metadata"]?["creationTimestamp"]?.textValue ?? "")
      }
      guard let last, let end = WorkloadState.condition("Failed", of: last) else { return nil }
      let name = last["metadata"]?["name"]?.textValue ?? ""
      let why = end["message"]?.textValue.map { ": \(Relayed.safe($0))" } ?? ""
      return FailedSchedule(state: WorkloadState(id, failed: "the last run failed: job \(name)\(why)"))
    }
  }
}
