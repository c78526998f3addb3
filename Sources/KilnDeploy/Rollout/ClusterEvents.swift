import KilnDocuments

/// Warnings that the cluster has about objects of a namespace.
struct ClusterEvents: Sendable {
  private struct Event {
    let reason: String
    let message: String
    let time: String
  }

  private var latest: [String: [Event]] = [:]

  init(_ documents: [DocumentValue] = []) {
    for document in documents {
      guard let uid = document["involvedObject"]?["uid"]?.textValue else { continue }
      let times = [document["lastTimestamp"], document["eventTime"], document["metadata"]?["creationTimestamp"]]
      latest[uid, default: []].append(
        Event(
          reason: document["reason"]?.textValue ?? "", message: document["message"]?.textValue ?? "",
          time: times.compactMap { $0?.textValue }.first ?? ""))
    }
  }

  /// The latest message about an object for one of these reasons.
  func message(_ object: DocumentValue, _ reasons: String...) -> String? {
    let uid = object["metadata"]?["uid"]?.textValue ?? ""
    return latest[uid]?.filter { reasons.contains($0.reason) }.max { $0.time < $1.time }?.message
  }
}
