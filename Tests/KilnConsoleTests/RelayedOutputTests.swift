import Foundation
import KilnConsole
import KilnTesting
import Testing

struct RelayedOutputTests {
  @Test func linesArriveWholeAndWithoutCommands() throws {
    try withFolder { folder in
      let context = RecordedContext(folder)
      let relay = context.context.console.relay { $0.replacing("s3cret", with: "***") }
      for piece in ["half a l", "ine\n10%\r100%\n::error::x s3", "cret"] {
        Array(piece.utf8).withUnsafeBytes { relay.write($0) }
      }
      #expect(context.error == "half a line\n100%\n")
      relay.finish()
      #expect(context.error == "half a line\n100%\n·::error::x ***\n" && context.output.isEmpty)
    }
  }

  @Test(arguments: [
    ("x", "seconds since 1970"), ("-1", "seconds since 1970"),
  ]) func aTimeThatIsNoneIsRefused(_ text: String, _ message: String) throws {
    try withFolder { folder in
      let context = RecordedContext(folder, environment: ["SOURCE_DATE_EPOCH": text])
      #expect(throws: (any Error).self) { try context.context.sourceDate() }
    }
  }
}
