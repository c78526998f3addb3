import KilnArtifacts
public import KilnSpec

/// An image that is made for an environment: what it is made of, and its names.
public struct ImagePlan: Sendable, Hashable {
  public enum Subject: Sendable, Hashable {
    case runtime(RuntimePlan)
    case app(AppPlan)
    case service(ServicePlan)
  }

  public let subject: Subject
  /// As `--image` calls it.
  public let name: String
  public let repository: ImageRepository
  /// The tag that its recipe gives it; nil for an app's, whose tag is the digest of what is packed.
  public let recipe: String?
  /// As `kiln.lock` calls it; nil for an app's, which is never refreshed.
  public let lockName: String?
  /// When it was made again from a fresh base; nil where it was not since its recipe changed.
  public let refresh: String?

  /// With when it was refreshed; nil for an app's.
  public var tag: String? { recipe.map { recipe in refresh.map { "\(recipe)-r\($0)" } ?? recipe } }
  /// Nil for an app's.
  public var reference: ImageReference? { tag.map(repository.tagged) }

  /// The app that it is the image of.
  public var app: AppPlan? { if case .app(let app) = subject { app } else { nil } }

  fileprivate init(app: AppPlan, _ repository: ImageRepository) {
    subject = .app(app)
    name = app.name
    self.repository = repository
    (recipe, lockName, refresh) = (nil, nil, nil)
  }

  fileprivate init(
    _ subject: Subject, name: String, recipe: String, _ refreshes: ImageRefreshes, below registry: String?,
    _ repository: (String?) -> ImageRepository
  ) {
    self.subject = subject
    self.name = name
    self.recipe = recipe
    self.repository = repository(registry)
    // Wherever it is pushed.
    let lockName = "\(repository(nil)):\(recipe)"
    self.lockName = lockName
    refresh = refreshes.marks[lockName]
  }
}

extension EnvironmentPlan {
  /// Everything that is built of it but what only tests run: runtimes, apps, services.
  public var images: [ImagePlan] { runtimes.map(planned) + apps.map(planned) + services.map(planned) }

  private func planned(_ runtime: RuntimePlan) -> ImagePlan {
    ImagePlan(
      .runtime(runtime), name: Self.runtimeName, recipe: runtime.id, refreshes, below: registry,
      ImageRepository.runtimes)
  }

  private func planned(_ app: AppPlan) -> ImagePlan {
    ImagePlan(app: app, .app(app.name, of: customer, below: registry))
  }

  private func planned(_ service: ServicePlan) -> ImagePlan {
    ImagePlan(.service(service), name: service.name, recipe: service.digest.tag, refreshes, below: registry) {
      .service(service.name, of: customer, below: $0)
    }
  }

  /// An app's image, without a tag.
  public func repository(of app: AppPlan) -> ImageRepository { planned(app).repository }
  /// A runtime's image with its digest tag, and when it was refreshed.
  public func image(of runtime: RuntimePlan) -> ImageReference { reference(planned(runtime), runtime.id) }
  /// A service's image with its digest tag, and when it was refreshed.
  public func image(of service: ServicePlan) -> ImageReference { reference(planned(service), service.digest.tag) }

  private func reference(_ image: ImagePlan, _ recipe: String) -> ImageReference {
    image.repository.tagged(image.tag ?? recipe)
  }

  /// When a runtime was refreshed; nil where it was not since its recipe changed.
  public func refresh(of runtime: RuntimePlan) -> String? { planned(runtime).refresh }
  /// The same of a service.
  public func refresh(of service: ServicePlan) -> String? { planned(service).refresh }

  /// The image of the machine that Packer's docker builder made on this machine.
  public func machineImage(tag: String) -> ImageReference {
    ImageRepository.service(Self.machineName, of: customer, below: nil).tagged(tag)
  }

  /// `refreshes` with those images refreshed anew that `isMade` says.
  public func marked(
    _ refreshes: ImageRefreshes, as mark: String, where isMade: (ImagePlan) -> Bool
  ) -> ImageRefreshes {
    var marked = refreshes
    for image in images where isMade(image) { if let name = image.lockName { marked.mark(name, as: mark) } }
    return marked
  }
}
