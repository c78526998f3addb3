/// Addresses and the length of their prefix.
enum NetworkRange {
  static func isValid(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let address = parts.first else { return false }
    let isLong = address.contains(":")
    if parts.count == 2 {
      guard let length = Int(parts[1]), (0...(isLong ? 128 : 32)).contains(length) else { return false }
    }
    return isLong ? isSixth(address) : isFourth(address)
  }

  private static func isFourth(_ text: Substring) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        Int(part).map { (0...255).contains($0) && String($0) == part } ?? false
      }
  }

  /// RFC 4291, section 2.2, without the form that ends in an IPv4 address.
  private static func isSixth(_ text: Substring) -> Bool {
    let halves = String(text).components(around: "::")
    guard halves.count <= 2 else { return false }
    let groups = halves.map { $0.isEmpty ? [] : $0.split(separator: ":", omittingEmptySubsequences: false) }
    let all = groups.flatMap { $0 }
    guard all.allSatisfy({ (1...4).contains($0.utf8.count) && $0.utf8.allSatisfy { isHexadecimal($0) } }) else {
      return false
    }
    return halves.count == 2 ? all.count <= 7 : all.count == 8
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
  }
}

extension String {
  /// The pieces between separators.
  fileprivate func components(around separator: String) -> [String] {
    var pieces: [String] = []
    var rest = self[...]
    while let range = rest.firstRange(of: separator) {
      pieces.append(String(rest[..<range.lowerBound]))
      rest = rest[range.upperBound...]
    }
    return pieces + [String(rest)]
  }
}
