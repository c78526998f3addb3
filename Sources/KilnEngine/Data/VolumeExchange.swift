import KilnContext

/// Puts files that were unpacked beside a volume's own into their place.
enum VolumeExchange {
  /// Renames alone stand between the old files and the new ones. Where one of them fails, the old ones come back.
  static let script = """
    set -eu
    trap '' INT TERM HUP
    cd \(VolumeContainer.place(0))
    work=$1
    step=old
    files() { find "$1" -mindepth 1 -maxdepth 1 ! -name '\(VolumeTree.workName)*' "$2" sh -c "$3" "$4" {} +; }
    back() {
      if [ $step = done ]; then return; fi
      if [ $step = new ]; then files . -exec 'rm -rf -- "$@"' sh; fi
      files "$work/old" -exec 'mv -- "$@" "$0"' .
    }
    trap back EXIT
    mkdir "$work/old"
    files . -exec 'mv -- "$@" "$0"' "$work/old"
    step=new
    files "$work/new" -exec 'mv -- "$@" "$0"' .
    chown "$3" .
    chmod "$2" .
    step=done
    find . -mindepth 1 -maxdepth 1 -name '\(VolumeTree.workName)*' -exec rm -rf -- {} +
    touch -d "$4" .
    """

  /// What the script gets: the folder that it works in, and the mode, the owner and the time of the volume's own folder.
  static func words(_ work: String, _ root: ArchiveEntry) -> [String] {
    [work, String(root.mode, radix: 8), "\(root.user):\(root.group)", "@\(root.time)"]
  }
}
