/// Files that only a machine has.
public enum MachineFiles {
  /// The packages that were installed so that Ansible could run, a name a line.
  public static let bootstrapPackages = "/var/lib/kiln/bootstrap-packages"
  /// What the machine is: a container has none.
  public static let release = "/etc/kiln-release"
  /// The app's values, as systemd reads them: written when a machine starts, and in no image.
  public static let environment = "/etc/kiln/environment"
  /// The variables of the runtime, as systemd reads them.
  public static let runtimeEnvironment = "/etc/kiln/runtime-environment"
  /// The same, as a login shell reads them.
  public static let profile = "/etc/profile.d/kiln.sh"
}
