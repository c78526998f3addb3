import ArgumentParser
import KilnHTTP

/// What options of several commands take, as their `transform`.
enum OptionRule {
  static func seconds(_ text: String) throws -> Int { try seconds(text, least: 1) }
  /// Zero waits for nobody.
  static func patience(_ text: String) throws -> Int { try seconds(text, least: 0) }

  private static func seconds(_ text: String, least: Int) throws -> Int {
    guard let seconds = Int(text), seconds >= least else {
      throw ValidationError("whole seconds are wanted, \(least) or more")
    }
    return seconds
  }

  /// How many hosts are worked on at once.
  static func forks(_ text: String) throws -> Int {
    guard let forks = Int(text), (1...500).contains(forks) else { throw ValidationError("1 to 500 are wanted") }
    return forks
  }

  static func address(_ text: String) throws -> HTTPAddress {
    guard let address = HTTPAddress(text) else { throw ValidationError("an address is of the form https://HOST") }
    return address
  }

  /// Stops where several customers are named and one of `options`, by name, is given, which is for one.
  static func onlyOne(_ customers: [String], _ options: KeyValuePairs<String, Bool>) throws {
    guard customers.count > 1, let option = options.first(where: \.value)?.key else { return }
    throw ValidationError("\(option) is for one customer, not for \(customers.count)")
  }
}
