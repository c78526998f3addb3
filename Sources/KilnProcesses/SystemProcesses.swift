import Subprocess
import Synchronization
package import SystemPackage

/// Programs of this machine.
package struct SystemProcesses: ProcessRunner {
  private static let limit = 64 << 20

  package init() {}

  package func output(_ invocation: Invocation) async throws -> Tool.Outcome {
    // A file, since a program may end before it has read all: who writes to it through a pipe would have to be told.
    let input = try InputFile(invocation.input)
    var options = PlatformOptions()
    if invocation.isShielded || invocation.limit != nil { options.processGroupID = 0 }
    if let limit = invocation.limit { return try await limited(invocation, limit, input, options) }
    return try await missing(invocation) {
      let result = try await run(
        .name(invocation.program), arguments: Arguments(invocation.arguments), environment: inherited(invocation),
        workingDirectory: invocation.folder, platformOptions: options,
        input: .fileDescriptor(input.descriptor, closeAfterSpawningProcess: false), output: .string(limit: Self.limit),
        error: .string(limit: Self.limit))
      withExtendedLifetime(input) {}
      return Tool.Outcome(
        code: code(result.terminationStatus), output: result.standardOutput, error: result.standardError)
    }
  }

  /// What holds the streams open besides the program itself is ended with it.
  private func limited(
    _ invocation: Invocation, _ limit: Double, _ input: InputFile, _ options: PlatformOptions
  ) async throws -> Tool.Outcome {
    let (output, errors) = (Collected(limit: Self.limit), Collected(limit: Self.limit))
    let (isLate, errorsEnded) = (Flag(), Flag())
    return try await missing(invocation) {
      let result = try await run(
        .name(invocation.program), arguments: Arguments(invocation.arguments), environment: inherited(invocation),
        workingDirectory: invocation.folder, platformOptions: options,
        input: .fileDescriptor(input.descriptor, closeAfterSpawningProcess: false), output: .sequence, error: .sequence
      ) { execution in
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            try? await Task.sleep(for: .seconds(limit))
            guard !Task.isCancelled else { return }
            isLate.set()
            try? execution.send(signal: .kill, toProcessGroup: true)
          }
          group.addTask {
            for try await buffer in execution.standardError where !buffer.withUnsafeBytes(errors.add) {
              try? execution.send(signal: .kill, toProcessGroup: true)
            }
            errorsEnded.set()
          }
          for try await buffer in execution.standardOutput where !buffer.withUnsafeBytes(output.add) {
            try? execution.send(signal: .kill, toProcessGroup: true)
          }
          while !errorsEnded.isSet { _ = try await group.next() }
          group.cancelAll()
        }
      }
      if isLate.isSet { throw Tool.TimedOut(name: invocation.program, seconds: limit) }
      guard let output = output.text, let errors = errors.text else {
        throw Tool.TooMuchOutput(name: invocation.program, limit: Self.limit)
      }
      return Tool.Outcome(code: code(result.terminationStatus), output: output, error: errors)
    }
  }

  package func stream(
    _ invocation: Invocation, _ body: @Sendable @escaping (UnsafeRawBufferPointer) throws -> Void
  ) async throws -> Int32 {
    Interruption.watch()
    var options = PlatformOptions()
    // In a group of its own it does not get the terminal's signal besides ours: a second one means "at once" to Packer.
    options.processGroupID = 0
    return try await missing(invocation) {
      let result = try await run(
        .name(invocation.program), arguments: Arguments(invocation.arguments), environment: inherited(invocation),
        workingDirectory: invocation.folder, platformOptions: options, input: .none, output: .sequence,
        error: .combinedWithOutput
      ) { execution in
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            await Self.passOn {
              try? execution.send(signal: .interrupt, toProcessGroup: invocation.isInterruptedWhole)
            }
          }
          for try await buffer in execution.standardOutput {
            try buffer.withUnsafeBytes { try body($0) }
          }
          group.cancelAll()
        }
      }
      return code(result.terminationStatus)
    }
  }

  package func redirected(
    _ invocation: Invocation, input: FileDescriptor?, output: FileDescriptor?, isShielded: Bool
  ) async throws -> Tool.Outcome {
    Interruption.watch()
    var options = PlatformOptions()
    options.processGroupID = 0
    let nothing = try FileDescriptor.open("/dev/null", .readWrite, options: .closeOnExec)
    defer { try? nothing.close() }
    let errors = OutputTail()
    return try await missing(invocation) {
      let result = try await run(
        .name(invocation.program), arguments: Arguments(invocation.arguments), environment: inherited(invocation),
        workingDirectory: invocation.folder, platformOptions: options,
        input: .fileDescriptor(input ?? nothing, closeAfterSpawningProcess: false),
        output: .fileDescriptor(output ?? nothing, closeAfterSpawningProcess: false), error: .sequence
      ) { execution in
        try await withThrowingTaskGroup(of: Void.self) { group in
          if !isShielded { group.addTask { await Self.passOn { try? execution.send(signal: .interrupt) } } }
          for try await buffer in execution.standardError { buffer.withUnsafeBytes { errors.add($0) } }
          group.cancelAll()
        }
      }
      return Tool.Outcome(code: code(result.terminationStatus), error: errors.text)
    }
  }

  /// Calls `interrupt` once for each time that the user wants the command to end, until the task is cancelled.
  private static func passOn(_ interrupt: @Sendable () -> Void) async {
    var sent = 0
    while !Task.isCancelled {
      let wanted = Interruption.count
      if wanted > sent {
        sent = wanted
        interrupt()
      }
      try? await Task.sleep(for: .milliseconds(50))
    }
  }

  package func attached(_ invocation: Invocation) async throws -> Int32 {
    try await missing(invocation) {
      let result = try await run(
        .name(invocation.program), arguments: Arguments(invocation.arguments), environment: inherited(invocation),
        workingDirectory: invocation.folder,
        input: .fileDescriptor(.standardInput, closeAfterSpawningProcess: false),
        output: .fileDescriptor(.standardOutput, closeAfterSpawningProcess: false),
        error: .fileDescriptor(.standardError, closeAfterSpawningProcess: false))
      return code(result.terminationStatus)
    }
  }

  private func missing<Value>(_ invocation: Invocation, _ body: () async throws -> Value) async throws -> Value {
    do {
      return try await body()
    } catch let error as SubprocessError where error.code == .executableNotFound {
      throw Tool.Missing(name: invocation.program)
    } catch let error as SubprocessError where error.code == .outputLimitExceeded {
      throw Tool.TooMuchOutput(name: invocation.program, limit: Self.limit)
    }
  }

  private func inherited(_ invocation: Invocation) -> Environment {
    .inherit.updating(
      Dictionary(
        uniqueKeysWithValues: invocation.environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) }))
  }

  private func code(_ status: TerminationStatus) -> Int32 {
    switch status {
    case .exited(let code): code
    case .signaled(let signal): 128 + signal
    }
  }
}

/// What a program prints, up to a limit.
private final class Collected: Sendable {
  private let limit: Int
  private let bytes = Mutex<[UInt8]>([])

  /// - Parameter limit: Bytes.
  init(limit: Int) { self.limit = limit }

  /// - Returns: Whether it is not too much yet.
  func add(_ more: UnsafeRawBufferPointer) -> Bool {
    bytes.withLock { bytes in
      if bytes.count <= limit { bytes += more }
      return bytes.count <= limit
    }
  }

  /// Nil where it is too much.
  var text: String? {
    bytes.withLock { $0.count <= limit ? String(decoding: $0, as: UTF8.self) : nil }
  }
}

private final class Flag: Sendable {
  private let value = Atomic(false)
  var isSet: Bool { value.load(ordering: .acquiring) }
  func set() { value.store(true, ordering: .releasing) }
}
