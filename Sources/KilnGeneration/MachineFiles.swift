/// Files that only a machine has.
public enum MachineFiles {
  /// The packages that were installed so that Ansible could run, a name a line.
  public static let bootstrapPackages = "/var/lib/kiln/bootstrap-packages"
  /// What the machine is: a container has none.
  public static let release = "/etc/kiln-release"
  /// The variables of the environment, as a login shell reads them.
  public static let profile = "/etc/profile.d/kiln.sh"
}
