/// A value of a test plan: text that stays what it is, and properties that JMeter fills in when it starts.
///
/// Source: JMeter's `FunctionParser` and `ReplaceStringWithFunctions`: `${` begins a function or a variable, and a backslash
/// before `$`, `,` or `\` is taken away, but only in a value that has a function.
public struct JMeterText: Sendable, Hashable, ExpressibleByStringLiteral {
  enum Part: Sendable, Hashable {
    case text(String)
    case property(JMeterProperty)
  }

  let parts: [Part]

  public init(_ text: String) { parts = [.text(text)] }
  public init(_ property: JMeterProperty) { parts = [.property(property)] }
  public init(stringLiteral value: String) { self.init(value) }

  private init(parts: [Part]) { self.parts = parts }

  public func followed(by text: String) -> JMeterText { JMeterText(parts: parts + [.text(text)]) }

  /// A function that gives nothing: it makes JMeter take the backslashes away.
  private static let nothing = "${__P(kiln.nothing,)}"

  /// As JMeter reads it, before XML's own escaping.
  var rendered: String {
    let isConstant = parts.allSatisfy { if case .text = $0 { true } else { false } }
    // By scalars: a combining mark behind a dollar sign is a part of its character, and of no other scalar.
    let isPlain = isConstant && !parts.contains(where: \.mayBeginFunction)
    let body = parts.map { part in
      switch part {
      case .text(let text): isPlain ? text : Self.escaped(text)
      case .property(let property): property.call
      }
    }.joined()
    return isConstant && !isPlain ? Self.nothing + body : body
  }

  private static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      if scalar == "\\" || scalar == "$" { out += "\\" }
      out.unicodeScalars.append(scalar)
    }
    return out
  }
}

extension JMeterText.Part {
  fileprivate var mayBeginFunction: Bool {
    guard case .text(let text) = self else { return false }
    let scalars = text.unicodeScalars
    return zip(scalars, scalars.dropFirst()).contains { $0 == "$" && $1 == "{" }
  }
}

/// A property of JMeter's, as `-Jname=value` sets it.
public struct JMeterProperty: Sendable, Hashable {
  public let name: String
  /// What the plan takes where nobody sets it.
  private let fallback: String

  /// - Parameters:
  ///   - name: Literals of the source alone: neither it nor the default is escaped.
  ///   - fallback: The default.
  public init(_ name: StaticString, default fallback: StaticString) {
    self.name = "\(name)"
    self.fallback = "\(fallback)"
  }

  public init(_ name: StaticString, default fallback: Int) {
    self.name = "\(name)"
    self.fallback = String(fallback)
  }

  public init(_ name: StaticString, default fallback: Double) {
    self.name = "\(name)"
    self.fallback = Self.text(fallback)
  }

  /// A whole number without a fraction.
  public static func text(_ number: Double) -> String {
    number == number.rounded() && number.magnitude < 1e15 ? String(Int(number)) : String(number)
  }

  var call: String { "${__P(\(name),\(fallback))}" }
}
