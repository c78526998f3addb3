import KilnArtifacts
package import KilnDiagnostics
import SystemPackage

extension CommandError {
  /// What ended a command. What is no `CommandError` is the machine's failure, except that a file which the user named is not
  /// there, or that something else stands in its place.
  package init(ending error: any Error) {
    switch error {
    case let error as any CommandErrorConvertible: self = error.commandError
    case let error as FileSystemError:
      let isInput = [.noSuchFileOrDirectory, .tooManySymbolicLinkLevels, .notDirectory].contains(error.errno)
      self.init(isInput ? "input.file" : "machine.file", "\(error)", kind: isInput ? .problem : .machine)
    case let error as RegularFile.Failure:
      // What stands there is the input's problem; that it cannot be read may be the machine's.
      if case .refused = error.reason {
        self.init("machine.file", "\(error)", kind: .machine)
      } else {
        self.init("input.file", "\(error)")
      }
    default: self.init("machine.failure", "\(error)", kind: .machine)
    }
  }
}
