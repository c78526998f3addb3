import Foundation
import HostileStrings
import KilnSystemd
import Testing

struct SystemdUnitTests {
  @Test func readsAsAPersonWouldWriteIt() {
    var unit = SystemdUnit(header: ["Generated."])
    unit.add("Unit", [("Description", .text("acme queue, 100 %"))])
    unit.add(
      "Service",
      [
        ("ExecStart", .command(["php", "bin/worker.php", "$HOME", "it's", ""])),
        ("WorkingDirectory", .path("/srv/100%")),
      ])
    #expect(
      unit.render() == """
        # Generated.
        [Unit]
        Description=acme queue, 100 %%

        [Service]
        ExecStart=php bin/worker.php $$HOME "it's" ""
        WorkingDirectory=/srv/100%%

        """)
  }

  @Test(arguments: [
    ("/var/www/app/uploads", "var-www-app-uploads"), ("/srv/a-b", "srv-a\\x2db"), ("/.x/.y", "\\x2ex-.y"),
    ("/srv/é", "srv-\\xc3\\xa9"),
  ])
  func foldersHaveTheNamesOfTheirMounts(path: String, name: String) {
    #expect(SystemdUnit.escaped(path: path) == name)
  }

  /// Nothing of a hostile word gets out of its quotes or its line.
  @Test(arguments: hostileStrings.filter { !$0.utf8.contains(0) })
  func wordsStayWords(text: String) throws {
    var unit = SystemdUnit(header: [text])
    unit.add("Service", [("ExecStart", .command(["/bin/echo", text])), ("Description", .text(text))])
    let lines = unit.render().split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 5 && lines[0].hasPrefix("#") && lines[1] == "[Service]")
    #expect(try Self.words(String(lines[2].dropFirst("ExecStart=".count))) == ["/bin/echo", text])
  }

  /// As systemd splits and unescapes a command line.
  private static func words(_ line: String) throws -> [String] {
    var words: [[UInt8]] = []
    var word: [UInt8] = []
    var isQuoted = false
    var isOpen = false
    var bytes = Array(line.utf8)[...]
    func next() throws -> UInt8 {
      let byte = bytes.popFirst()
      return try #require(byte)
    }
    func digit() throws -> UInt8 {
      let byte = try next()
      return try #require(UInt8(String(UnicodeScalar(byte)), radix: 16))
    }
    while let byte = bytes.popFirst() {
      switch byte {
      case UInt8(ascii: "\""):
        isQuoted.toggle()
        isOpen = true
      case UInt8(ascii: " ") where !isQuoted:
        words.append(word)
        (word, isOpen) = ([], false)
      case UInt8(ascii: "\\"):
        let escaped = try next()
        if escaped == UInt8(ascii: "x") {
          let high = try digit()
          word.append(high << 4 | (try digit()))
        } else {
          word.append(escaped)
        }
      case UInt8(ascii: "%"), UInt8(ascii: "$"):
        let second = try next()
        #expect(second == byte)
        word.append(byte)
      default: word.append(byte)
      }
    }
    #expect(!isQuoted)
    if isOpen || !word.isEmpty { words.append(word) }
    return words.map { String(decoding: $0, as: UTF8.self) }
  }
}
