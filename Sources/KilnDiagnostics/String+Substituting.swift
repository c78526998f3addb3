extension String {
  /// The text with every `old` replaced by `new`, scalar by scalar.
  ///
  /// `replacing(_:with:)` compares characters, so that a quote with a combining mark after it, or the line feed of a
  /// CRLF, would not be found; whoever escapes text must find both.
  func substituting(_ old: String, with new: String) -> String {
    String(UnicodeScalarView(unicodeScalars.replacing(old.unicodeScalars, with: new.unicodeScalars)))
  }

}
