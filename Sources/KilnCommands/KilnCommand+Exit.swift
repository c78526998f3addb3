import ArgumentParser
import KilnArtifacts
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension KilnCommand {
  /// Once, before anything else: a program that closes its input, and a reader that leaves, are told by the writing, and
  /// do not end this process. Programs that it starts have the signal as usual.
  public static func prepare() { signal(SIGPIPE, SIG_IGN) }

  /// Ends the process as `error` asks: usage and chosen exit codes as they are; a file that the user named and that is
  /// not there is a problem of the input; anything else is the machine's failure, told and 70.
  public static func leave(with error: any Error) -> Never {
    let console = Console.standard(environment: [:])
    if error is ExitCode || exitCode(for: error) != .failure {
      let code = exitCode(for: error)
      let message = fullMessage(for: error)
      // Help is a result; wrong usage repeats arguments, which a pipeline may have from somebody else.
      if !message.isEmpty { code.isSuccess ? console.output(message + "\n") : console.error(message + "\n") }
      exit(withError: code)
    }
    if error is Interruption.Failure {
      console.error("interrupted: nothing half done is left\n")
      exit(withError: KilnExit.interrupted)
    }
    console.error("error: \(error)\n")
    if let error = error as? FileSystemError, error.errno == .noSuchFileOrDirectory {
      exit(withError: KilnExit.problems)
    }
    if let error = error as? RegularFile.Failure {
      // What stands there is the input's problem; that it cannot be read may be the machine's.
      if case .refused = error.reason {} else { exit(withError: KilnExit.problems) }
    }
    exit(withError: KilnExit.machine)
  }
}
