import KilnDiagnostics
import KilnDocuments
import KilnPlan
import KilnSpec

/// What to do about a host that failed, by what Ansible and ssh say of it.
struct HostFailure {
  let host: HostPlan
  let failure: HostOutcome.Failure

  var diagnostic: Diagnostic {
    let lines = lines
    let title = HostProgress.title(failure.role, failure.task)
    let words = lines.last ?? "it gave no reason"
    return Diagnostic(
      failure.isUnreachable ? "hosts.unreachable" : "hosts.failed",
      failure.isUnreachable
        ? "\(host.name) was not reached: \(words)" : "\(host.name): \(title) failed: \(words)",
      at: host.spec.name.location, details: lines.count > 1 ? lines : [], suggestion: advice)
  }

  /// Without what Ansible puts before the words of ssh and of programs; the last line says what it came to.
  private var lines: [String] {
    failure.message.replacing("Failed to connect to the host via ssh: ", with: "")
      .replacing("Task failed: ", with: "").replacing("non-zero return code", with: "")
      .split(whereSeparator: \.isNewline).map { String($0).trimmedRight }.filter { !$0.isEmpty && $0 != ":" }
  }

  private var address: String { "\(host.spec.address.value) port \(host.spec.reach.port)" }

  /// Known words, and what helps; the others go on meanwhile, and running again converges.
  private var advice: String {
    let reach = host.spec.reach
    let known: [(words: [String], help: String)] = [
      (
        ["Host key verification failed", "REMOTE HOST IDENTIFICATION HAS CHANGED"],
        reach.hostKey == nil
          ? "`ssh-keyscan -p \(reach.port) \(host.spec.address.value)` prints its key: compare it, and write it as reach.hostKey"
          : "it has another key than reach.hostKey says: is it the same machine?"
      ),
      (
        ["Permission denied ("],
        "the account \(reach.user) does not take this key: `ssh -p \(reach.port) \(reach.user)@\(host.spec.address.value)`"
      ),
      (
        ["putting back release"],
        "the release before runs again; correct the stack, and apply"
      ),
      (["Connection refused"], "nothing listens at \(address): does sshd run there, and is it the port?"),
      (
        ["timed out", "No route to host", "Network is unreachable"],
        "is the machine on, and does a firewall let \(address) through?"
      ),
      (["Could not resolve hostname"], "the name has no address: correct `address`"),
      (
        ["Missing sudo password", "a password is required", "is not in the sudoers"],
        "give \(reach.user) sudo without a password, or reach it as root"
      ),
      (
        ["Could not get lock", "is another process using it", "Failed to lock apt"],
        "another program installs packages there: run it again when it has ended"
      ),
      (
        ["No space left on device"],
        "its disk is full: `kiln hosts ssh \(host.name)`, then `df -h` and `docker system prune`"
      ),
      (
        ["Connection closed", "Connection reset", "Broken pipe"],
        "the connection broke: run it again, it goes on where it was"
      ),
      (
        ["Temporary failure resolving", "Failed to fetch", "Unable to fetch"],
        "the machine does not reach its package archive"
      ),
    ]
    for (words, help) in known where words.contains(where: failure.message.contains) { return help }
    return "mend it and run it again: what is done already stays"
  }
}
