/// A release that does not come up: what is said of it has no secrets in it.
struct RolloutFailure: Error, Equatable {
  /// As in `care`; nil where it is no single workload's.
  let workload: String?
  /// One line.
  let reason: String
  /// Lines of a log.
  var details: [String] = []
}
