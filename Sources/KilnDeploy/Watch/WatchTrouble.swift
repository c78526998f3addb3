/// A page that is in trouble. A run that asks once leaves them to the next, which then reports changes only.
package struct WatchTrouble: Sendable, Hashable, Codable {
  package let page: WatchedPage.ID
  package let reason: String
  /// When the first of the failures in a row was seen: seconds since 1970.
  package let since: Int

  package init(page: WatchedPage.ID, reason: String, since: Int) {
    self.page = page
    self.reason = reason
    self.since = since
  }

  /// Of its beginning and its end, as `Notification` has it.
  func notification(_ event: Notification.Event, duration: Int? = nil) -> Notification {
    let place = [page.customer, page.stage ?? "", page.app, page.path].joined(separator: "/")
    return Notification(
      id: "watch/\(place)/\(since)/\(event == .watchTrouble ? "trouble" : "recovered")", event,
      customer: page.customer, stage: page.stage, workload: page.app, page: page.path,
      reason: event == .watchTrouble ? reason : nil, duration: duration)
  }
}
