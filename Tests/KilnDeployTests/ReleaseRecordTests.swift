import Foundation
import KilnDeploy
import Testing

struct ReleaseRecordTests {
  @Test func isReadBack() throws {
    let record = ReleaseRecord(
      number: 3, customer: "acme", stage: "qa", cluster: "test", namespace: "acme-qa", outcome: .rolledBack,
      images: ["care": "r/acme/care:1@sha256:2"], specDigest: "sha256:3", commit: nil, author: nil,
      deployer: "me@here", begun: 7)
    let data = try JSONEncoder().encode(record)
    #expect(String(decoding: data, as: UTF8.self).contains("rolled-back"))
    #expect(try JSONDecoder().decode(ReleaseRecord.self, from: data) == record)
  }
}
