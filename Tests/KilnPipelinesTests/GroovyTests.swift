import HostileStrings
import Testing

@testable import KilnPipelines

struct GroovyTests {
  @Test(arguments: hostileStrings + ["${x}", "'''", "\\u0027 + evil() + '", "a\\\nb"])
  func literalsAreWhatTheyWere(text: String) throws {
    #expect(try Self.read(Groovy.quote(text)) == text)
    #expect(try Self.read(Groovy.script(text)) == text)
    #expect(!Groovy.quote(text).utf8.contains(0x0A))
  }

  /// A literal in single quotes, one or three, as Groovy reads it: escapes by `\u` before all else.
  static func read(_ literal: String) throws -> String {
    var units = Array(literal.utf16)[...]
    let quotes = units.starts(with: "'''".utf16) ? 3 : 1
    units = units.dropFirst(quotes)
    var out: [UInt16] = []
    while let unit = units.first {
      if units.starts(with: Array(repeating: 0x27, count: quotes)) {
        units = units.dropFirst(quotes)
        break
      }
      units = units.dropFirst()
      guard unit == 0x5C else {
        out.append(unit)
        continue
      }
      let next = units.popFirst()
      let escape = try #require(next)
      switch escape {
      case 0x5C, 0x27: out.append(escape)
      case 0x6E: out.append(0x0A)
      case 0x74: out.append(0x09)
      case 0x0A: break
      case 0x75:
        let digits = String(decoding: units.prefix(4), as: UTF16.self)
        units = units.dropFirst(4)
        out.append(try #require(UInt16(digits, radix: 16)))
      default: Issue.record("no such escape: \(escape)")
      }
    }
    #expect(units.isEmpty)
    return String(decoding: out, as: UTF16.self)
  }
}
