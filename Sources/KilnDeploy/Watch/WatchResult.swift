import KilnDocuments

/// How watching ended.
package struct WatchResult: Sendable, Hashable {
  package let pages: Int
  package let rounds: Int
  /// How often trouble was seen, that of an earlier run's included.
  package let troubles: Int
  /// Pages that are in trouble at the end, for the next run.
  package let open: [WatchTrouble]

  /// For cron and CI: 1 where there was trouble at any time.
  package var exitCode: Int32 { troubles > 0 ? 1 : 0 }

  package var text: String {
    let asked = "\(Phrase.count(pages, "page")), asked \(rounds == 1 ? "once" : "\(rounds) times")"
    guard troubles > 0 else { return "\(asked): all well" }
    return "\(asked): trouble \(troubles == 1 ? "once" : "\(troubles) times"), "
      + (open.isEmpty ? "all well now" : "\(Phrase.count(open.count, "page")) still in trouble")
  }
}
