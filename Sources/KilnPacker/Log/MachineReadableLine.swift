/// A line of `packer -machine-readable`: `timestamp,target,type,data…`.
///
/// Source: packer/ui.go. A comma in a datum is `%!(PACKER_COMMA)`, line breaks are `\n` and `\r`; backslashes are not
/// escaped, so a Windows path with `\n` in it cannot be told from a line break.
struct MachineReadableLine {
  let target: String
  let type: String
  let data: [String]

  init?(_ line: String) {
    let parts = line.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count >= 3, parts[0].count >= 9, parts[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      return nil
    }
    target = Self.decoded(parts[1])
    type = String(parts[2])
    data = parts.dropFirst(3).map(Self.decoded)
  }

  private static func decoded(_ text: Substring) -> String {
    String(text).replacing("\\n", with: "\n").replacing("\\r", with: "\r").replacing("%!(PACKER_COMMA)", with: ",")
  }
}
