/// What a release is made of, besides its objects: of a plan, or of an earlier release.
struct ReleaseContent: Sendable {
  let customer: String
  let stage: String?
  let cluster: String
  let images: [String: String]
  let specDigest: String
  let commit: String?
  let author: String?
  let settings: [String]
  let pages: [ReleasePlan.Page]
  /// The release that it brings back or takes over.
  let origin: String?

  init(_ plan: ReleasePlan, origin: String?) {
    customer = plan.customer
    stage = plan.stage
    cluster = plan.cluster
    images = plan.images
    specDigest = plan.specDigest
    commit = plan.commit
    author = plan.author
    settings = plan.settings
    pages = plan.pages
    self.origin = origin
  }

  /// An earlier release once more.
  init(_ release: StoredRelease, cluster: String) {
    let record = release.record
    customer = record.customer
    stage = record.stage
    self.cluster = cluster
    images = record.images
    specDigest = record.specDigest
    commit = record.commit
    author = record.author
    settings = release.settings
    pages = []
    origin = String(record.number)
  }

  func record(_ number: Int, namespace: String, options: DeployOptions, at time: Int) -> ReleaseRecord {
    var record = ReleaseRecord(
      number: number, customer: customer, stage: stage, cluster: cluster, namespace: namespace, outcome: .deploying,
      images: images, specDigest: specDigest, commit: commit, author: author, deployer: options.deployer, begun: time)
    record.origin = origin
    record.approval = options.approval
    return record
  }
}
