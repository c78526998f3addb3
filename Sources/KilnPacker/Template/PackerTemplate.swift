import KilnDocuments

/// A Go template that is written in Kiln's own source, as in ``{{ user `image` }}``: nothing that was read can become one.
public struct PackerExpression: Sendable, Hashable, ExpressibleByStringLiteral {
  let source: String

  public init(stringLiteral source: StaticString) { self.source = source.description }

  fileprivate init(_ source: String) { self.source = source }

  /// The value of a user variable.
  public static func user(_ name: StaticString) -> PackerExpression { .init("{{ user `\(name)` }}") }
}

/// A value in a Packer JSON template. Text is what shall arrive; expressions are Kiln's own.
public enum PackerValue: Sendable, Hashable {
  /// Arrives unchanged, whatever is in it.
  case text(String)
  case expression(PackerExpression)
  /// An expression and text behind it.
  case joined(PackerExpression, String)
  /// Text and, behind a hyphen, the second in which the build began: another one for each build.
  case timestamped(String)
  case bool(Bool)
  case integer(Int)
  case list([PackerValue])
  case map([(StaticString, PackerValue)])

  public static func == (a: Self, b: Self) -> Bool { a.document == b.document }
  public func hash(into hasher: inout Hasher) { hasher.combine(document) }

  public static func user(_ name: StaticString) -> PackerValue { .expression(.user(name)) }
  public static func texts(_ values: [String]) -> PackerValue { .list(values.map { .text($0) }) }

  var document: DocumentValue {
    switch self {
    case .text(let text): .string(PackerTemplate.literal(text))
    case .expression(let expression): .string(expression.source)
    case .joined(let expression, let text): .string(expression.source + PackerTemplate.literal(text))
    case .timestamped(let text): .string(PackerTemplate.literal(text) + "-{{ timestamp }}")
    case .bool(let bool): .bool(bool)
    case .integer(let integer): .integer(integer)
    case .list(let items): .list(items.map(\.document))
    case .map(let pairs): .map(DocumentMap(pairs.map { ($0.0.description, $0.1.document) }))
    }
  }
}

extension PackerValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral {
  public init(stringLiteral value: String) { self = .text(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int) { self = .integer(value) }
}

/// A Packer template in JSON, valid from Packer 1.6 on.
///
/// Grammar: packer-plugin-sdk's `template/parse.go`; unknown root keys are refused there, `_comment` is not.
public struct PackerTemplate: Sendable, Hashable {
  public struct Variable: Sendable, Hashable {
    public enum Default: Sendable, Hashable {
      case required
      case text(String)
      /// The variable of Packer's environment.
      case environment(PackerExpression)

      /// The variable `name` of Packer's environment.
      public static func environment(named name: StaticString) -> Default { .environment(.init("{{ env `\(name)` }}")) }

      /// The same of a name that is not known here.
      /// - Precondition: Letters, digits and underscores, as shells take for variables.
      public static func environment(variable name: String) -> Default {
        precondition(
          name.utf8.allSatisfy {
            $0 == 0x5F || (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
          })
        return .environment(.init("{{ env `\(name)` }}"))
      }
    }
    public let name: String
    public let value: Default

    public init(_ name: StaticString, _ value: Default) {
      self.name = name.description
      self.value = value
    }
  }

  /// A builder, provisioner or post-processor: its type and settings.
  public struct Block: Sendable, Hashable {
    public let type: String
    public let settings: [(StaticString, PackerValue)]

    public init(_ type: StaticString, _ settings: [(StaticString, PackerValue)]) {
      self.type = type.description
      self.settings = settings
    }

    private init(type: String, settings: [(StaticString, PackerValue)]) {
      self.type = type
      self.settings = settings
    }

    /// The same block with other settings.
    public func with(settings: [(StaticString, PackerValue)]) -> Block { Block(type: type, settings: settings) }

    public static func == (a: Self, b: Self) -> Bool { a.document == b.document }
    public func hash(into hasher: inout Hasher) { hasher.combine(document) }

    var document: DocumentValue {
      .map(DocumentMap([("type", .string(type))] + settings.map { ($0.0.description, $0.1.document) }))
    }
  }

  public var comment: String
  public var minimumVersion: String?
  public var variables: [Variable]
  public var sensitiveVariables: [String]
  public var builders: [Block]
  public var provisioners: [Block]
  public var postProcessors: [Block]

  public init(
    comment: String, minimumVersion: String? = nil, variables: [Variable] = [], sensitiveVariables: [String] = [],
    builders: [Block],
    provisioners: [Block] = [], postProcessors: [Block] = []
  ) {
    self.comment = comment
    self.minimumVersion = minimumVersion
    self.variables = variables
    self.sensitiveVariables = sensitiveVariables
    self.builders = builders
    self.provisioners = provisioners
    self.postProcessors = postProcessors
  }

  public func render() -> String {
    var root: DocumentMap = ["_comment": .string(CommentText.line(comment))]
    if let minimumVersion { root["min_packer_version"] = .string(minimumVersion) }
    if !variables.isEmpty {
      root["variables"] = .map(
        DocumentMap(
          variables.map { variable in
            switch variable.value {
            case .required: (variable.name, .null)
            case .text(let text): (variable.name, .string(Self.literal(text)))
            case .environment(let expression): (variable.name, .string(expression.source))
            }
          }))
    }
    if !sensitiveVariables.isEmpty { root["sensitive-variables"] = .strings(sensitiveVariables) }
    root["builders"] = .list(builders.map(\.document))
    if !provisioners.isEmpty { root["provisioners"] = .list(provisioners.map(\.document)) }
    if !postProcessors.isEmpty { root["post-processors"] = .list(postProcessors.map(\.document)) }
    return JSONRenderer().render(.map(root))
  }

  /// `text` as a Go template that renders to it. Packer renders some settings twice (the core, then the
  /// plugin); no text of the user's stands in one of those.
  static func literal(_ text: String) -> String { text.substituting("{{", with: "{{`{{`}}") }
}
