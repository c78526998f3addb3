/// Why a value in a log is not the real one.
public enum WithheldText: Sendable, Equatable {
  /// `UNKNOWN ID`, which plugins print for what they could not look up.
  case unknown
  /// Asterisks, or `<sensitive>` of Packer's, or `[MASKED]` of GitLab's.
  case masked

  private static let masks = ["***", "<sensitive>", "[MASKED]"]

  /// nil for a value that may be real.
  public init?(_ text: String) {
    if text == "UNKNOWN ID" {
      self = .unknown
    } else if Self.masks.contains(where: { text.utf8.firstRange(of: $0.utf8) != nil }) {
      self = .masked
    } else {
      return nil
    }
  }
}

/// Signatures of shared access in URIs.
public enum SASRedaction {
  /// `text` with every `sig=` value as asterisks.
  public static func redacted(_ text: String) -> String {
    mayBeSigned(text) ? text.replacing(/([?&]sig=)[^&\s"']+/) { "\($0.1)***" } : text
  }

  /// Whether there is a signature in `text`.
  public static func isSigned(_ text: String) -> Bool { mayBeSigned(text) && text.contains(/[?&]sig=[^&\s"']/) }

  /// An expression is made anew each time, which a log of many artifacts would take long for.
  private static func mayBeSigned(_ text: String) -> Bool {
    var before: UInt8 = 0
    return text.utf8.contains { byte in
      defer { before = byte }
      return byte == UInt8(ascii: "s") && (before == UInt8(ascii: "?") || before == UInt8(ascii: "&"))
    }
  }
}
