/// Labels of images that are set while they are built.
public enum ImageLabels {
  /// The image's tag, which is a digest of the very files that would name it.
  public static let version = "org.opencontainers.image.version"
}

/// How the contexts of images are laid out.
public enum ImageLayout {
  /// The application's files in its context: beside them is the Dockerfile, which must not get into the image.
  public static let appFolder = "app"
}
