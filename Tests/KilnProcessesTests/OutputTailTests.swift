import KilnProcesses
import Testing

struct OutputTailTests {
  private func tail(_ text: String) -> String {
    let tail = OutputTail()
    Array(text.utf8).withUnsafeBytes { tail.add($0) }
    return tail.text
  }

  @Test func whatFitsIsWhole() { #expect(tail("one\ntwo") == "one\ntwo") }

  /// The rest of a cut line may be the rest of a secret, which no mask recognises.
  @Test(arguments: [1, 100, 15_000, 16_000, 17_000]) func aCutLineIsLeftOut(padding: Int) {
    let secret = "this-is-one-secret-of-ordinary-length"
    let text = tail(
      String(repeating: "x", count: 20_000) + secret + String(repeating: "y", count: padding) + "\nlast\n")
    #expect(text == "last\n")
    #expect(tail(String(repeating: "x", count: 20_000) + secret) == "")
  }
}
