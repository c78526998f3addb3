/// Files that only a machine has.
public enum MachineFiles {
  /// The packages that were installed so that Ansible could run, a name a line.
  public static let bootstrapPackages = "/var/lib/kiln/bootstrap-packages"
  /// The variables of the environment, as a login shell reads them.
  public static let profile = "/etc/profile.d/kiln.sh"
}
