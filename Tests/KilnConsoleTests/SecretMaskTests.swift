import Testing

@testable import KilnConsole

struct SecretMaskTests {
  @Test(arguments: [
    (["s3cr3t"], "got s3cr3t, s3cr3t!", "got ***, ***!"), (["one$two", "one$two$three"], "=one$two$three=", "=***="),
    (["first line\nsecond line\n"], "second line", "***"), (["", "abc"], "abc", "abc"),
  ]) func hides(values: [String], line: String, expected: String) {
    #expect(SecretMask(values).masked(line) == expected)
  }
}
