extension String {
  /// The text with every `old` replaced by `new`, scalar by scalar.
  ///
  /// `replacing(_:with:)` compares characters, so that a quote with a combining mark after it, or the line feed of a
  /// CRLF, would not be found; whoever escapes text must find both.
  public func substituting(_ old: String, with new: String) -> String {
    String(UnicodeScalarView(unicodeScalars.replacing(old.unicodeScalars, with: new.unicodeScalars)))
  }

  /// Whether a line feed or carriage return is in it, that of a CRLF too.
  public var hasLineBreak: Bool { utf8.contains(0x0A) || utf8.contains(0x0D) }
}
