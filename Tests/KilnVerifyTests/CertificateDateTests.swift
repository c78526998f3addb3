import Testing

@testable import KilnVerify

struct CertificateDateTests {
  @Test(arguments: [
    ("Jan  1 00:00:00 1970 GMT", 0), ("Feb 29 12:34:56 2028 GMT", 1_835_440_496),
    ("Dec 31 23:59:59 2099 GMT", 4_102_444_799),
    ("Mar  1 00:00:00 2027 GMT", 1_803_859_200),
  ]) func isRead(_ text: String, _ seconds: Int) {
    #expect(
      CertificateDate.first("Expire date:", in: "Subject:CN = a\nStart date:x\nExpire date:\(text)\nExpire date:x")
        == seconds)
  }

  @Test(arguments: ["", "Expire date:", "Expire date:soon", "Expire date:Foo 1 00:00:00 2027 GMT"])
  func whatIsNoDateIsNone(_ text: String) { #expect(CertificateDate.first("Expire date:", in: text) == nil) }
}
