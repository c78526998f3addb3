/// Text that was meant for a terminal.
public enum TerminalText {
  /// Without ANSI sequences (CSI, OSC and its like, two-byte escapes) and carriage returns.
  public static func plain(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var i = bytes.startIndex
    while i < bytes.endIndex {
      let byte = bytes[i]
      if byte == 0x1B, i + 1 < bytes.endIndex {
        let next = bytes[i + 1]
        i += 2
        if next == UInt8(ascii: "[") {
          while i < bytes.endIndex, !(0x40...0x7E).contains(bytes[i]) { i += 1 }
          i += 1
        } else if stringIntroducers.contains(next) {
          while i < bytes.endIndex, bytes[i] != 0x07, bytes[i] != 0x1B { i += 1 }
          if i < bytes.endIndex, bytes[i] == 0x1B { i += 1 }
          i += 1
        }
        continue
      }
      if byte != 0x0D, byte != 0x1B { out.append(byte) }
      i += 1
    }
    return out
  }

  /// OSC, DCS, SOS, PM and APC, which go on to BEL or ST; Buildkite writes its timestamps as APC.
  private static let stringIntroducers = Set("]PX^_".utf8)
}
