/// How the contexts of images are laid out.
public enum ImageLayout {
  /// The application's files in its context: beside them is the Dockerfile, which must not get into the image.
  public static let appFolder = "app"
}
