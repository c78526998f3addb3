import Foundation
public import KilnDiagnostics
public import SystemPackage

/// Reads text files for specs and keeps what was read, for excerpts in diagnostics.
public struct SourceStore: Sendable {
  /// Larger files are no specs.
  public static let sizeLimit = 1 << 20

  /// Text by the name that diagnostics give a file.
  public private(set) var texts: [String: String] = [:]

  public init() {}

  public mutating func add(_ text: String, as name: String) { texts[name] = text }

  /// The text of the file at `path`, or why it cannot be one.
  public mutating func read(_ path: FilePath, as name: String) -> Result<String, DiagnosticsError> {
    let result = Self.text(path, as: name)
    if case .success(let text) = result { add(text, as: name) }
    return result
  }

  static func text(_ path: FilePath, as name: String) -> Result<String, DiagnosticsError> {
    let location = SourceLocation(file: name)
    func refuse(_ message: String, _ suggestion: String? = nil) -> Result<String, DiagnosticsError> {
      .failure(DiagnosticsError([Diagnostic("spec.unreadable", message, at: location, suggestion: suggestion)]))
    }
    let bytes: [UInt8]
    do {
      let descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
      defer { try? descriptor.close() }
      var info = stat()
      let isOpen = fstat(descriptor.rawValue, &info) == 0
      if isOpen, info.st_mode & S_IFMT == S_IFDIR { return refuse("this is a directory, not a file") }
      guard isOpen, info.st_mode & S_IFMT == S_IFREG else {
        return refuse("this is not a regular file")
      }
      if Int(info.st_size) > Self.sizeLimit {
        return refuse("the file has \(info.st_size) bytes", "a spec has at most \(Self.sizeLimit) bytes")
      }
      bytes = try [UInt8](unsafeUninitializedCapacity: Int(info.st_size)) { buffer, count in
        while count < buffer.count {
          let read = try descriptor.read(
            into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...]))
          if read == 0 { break }
          count += read
        }
      }
    } catch Errno.noSuchFileOrDirectory {
      return refuse("there is no such file")
    } catch {
      return refuse("the file cannot be read: \(error)")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      return .failure(
        DiagnosticsError([Diagnostic("spec.not-utf8", "the file is not UTF-8", at: Self.firstInvalid(bytes, name))]))
    }
    if bytes.contains(0) {
      return .failure(
        DiagnosticsError([Diagnostic("spec.syntax", "not YAML: the file has a NUL byte", at: location)]))
    }
    return .success(text)
  }

  /// The place of the first byte that is not UTF-8.
  private static func firstInvalid(_ bytes: [UInt8], _ name: String) -> SourceLocation {
    var line = 1
    for slice in bytes.split(separator: 10, omittingEmptySubsequences: false) {
      if String(validating: slice, as: UTF8.self) == nil {
        var column = 1
        var decoder = UTF8()
        var iterator = slice.makeIterator()
        while case .scalarValue = decoder.decode(&iterator) { column += 1 }
        return SourceLocation(file: name, line: line, column: column)
      }
      line += 1
    }
    return SourceLocation(file: name)
  }
}
