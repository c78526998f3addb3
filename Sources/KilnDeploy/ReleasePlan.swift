package import KilnKubernetes

/// What a deployment is to make of a customer's stage: computed from the spec, nothing asked of the cluster yet.
package struct ReleasePlan: Sendable, Hashable {
  /// A secret object's entries, by file name, and the variables that hold their values where Kiln runs.
  package struct SecretObject: Sendable, Hashable {
    /// As `objects` refer to it, as in `care-secrets`; what is made in the cluster has a number behind it.
    package let name: String
    package let entries: [Entry]

    package struct Entry: Sendable, Hashable {
      package let key: String
      package let variable: String

      package init(key: String, variable: String) {
        self.key = key
        self.variable = variable
      }
    }

    package init(name: String, entries: [Entry]) {
      self.name = name
      self.entries = entries
    }
  }

  /// A page that a Service must answer.
  package struct Page: Sendable, Hashable {
    /// The app, whose Service has its name.
    package let app: String
    package let port: Int
    package let path: String
    package let status: Int
    package let content: String?

    package init(app: String, port: Int, path: String, status: Int, content: String?) {
      self.app = app
      self.port = port
      self.path = path
      self.status = status
      self.content = content
    }
  }

  package let customer: String
  package let stage: String?
  /// The name of the cluster in `kiln.yaml`, and its kube context.
  package let cluster: String
  package let context: String
  package let namespace: String
  /// Everything but Secrets and jobs that run once, in the order in which they are applied; images by digest.
  package let objects: [KubernetesObject]
  /// Jobs of `run: before-deploy`, in their order; what is made in the cluster has the release's number behind its name.
  package let jobs: [KubernetesObject]
  package let secrets: [SecretObject]
  /// By the workload's name: `REGISTRY/REPOSITORY:TAG@sha256:…`.
  package let images: [String: String]
  package let pages: [Page]
  package let specDigest: String
  /// Of the repository that the workspace is in; nil where it is in none.
  package let commit: String?
  package let author: String?
  /// Settings of the merged spec at this stage, sorted: `path = value`. What changed since a release is their difference.
  package let settings: [String]

  package init(
    customer: String, stage: String?, cluster: String, context: String, namespace: String,
    objects: [KubernetesObject], jobs: [KubernetesObject], secrets: [SecretObject], images: [String: String],
    pages: [Page], specDigest: String, commit: String?, author: String?, settings: [String]
  ) {
    self.customer = customer
    self.stage = stage
    self.cluster = cluster
    self.context = context
    self.namespace = namespace
    self.objects = objects
    self.jobs = jobs
    self.secrets = secrets
    self.images = images
    self.pages = pages
    self.specDigest = specDigest
    self.commit = commit
    self.author = author
    self.settings = settings
  }
}
