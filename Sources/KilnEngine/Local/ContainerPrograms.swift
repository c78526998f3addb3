/// How Kiln starts programs of a container as root: by the system's folders alone. What the image's own `PATH` names may
/// belong to another account, and so may what it has programs load.
package enum ContainerPrograms {
  /// Options of `docker exec`.
  package static let settings = [
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    // What the dynamic loader and shells take from their environment.
    "LD_PRELOAD=", "LD_LIBRARY_PATH=", "LD_AUDIT=", "LD_PROFILE=", "LD_DEBUG=", "GLIBC_TUNABLES=", "GCONV_PATH=",
    "BASH_ENV=", "ENV=", "PERL5OPT=", "PERL5LIB=", "PYTHONPATH=", "PYTHONSTARTUP=",
  ].flatMap { ["--env", $0] }
}
