/// What came of asking for a page.
package enum PageAnswer: Sendable, Hashable {
  case page(status: Int, body: String)
  /// Nothing answered: why, in a few words.
  case none(String)
}
