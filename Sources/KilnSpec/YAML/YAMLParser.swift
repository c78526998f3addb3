import CYAML
import KilnDiagnostics

/// What stands in a YAML document, in order: libyaml's events without what Kiln has no use for.
struct YAMLEvent {
  enum Kind {
    case documentStart
    case documentEnd
    case streamEnd
    case scalar(text: String, isPlain: Bool, isQuoted: Bool)
    case alias(String)
    case listStart
    case listEnd
    case mapStart
    case mapEnd
  }

  let kind: Kind
  let position: SourcePosition
  /// Where it ends.
  let end: SourcePosition
  /// The name after `&`.
  let anchor: String?
  /// What stands after `!`, unless it only says that text is text.
  let tag: String?
}

/// Why a text is not YAML.
struct YAMLSyntaxError: Error {
  /// In libyaml's words.
  let problem: String
  /// What libyaml was reading, as in `while scanning for the next token`.
  let context: String?
  /// Nil where libyaml names no place.
  let position: SourcePosition?
  let contextPosition: SourcePosition?
}

/// Reads events with libyaml, which needs memory for nesting only, and none of the C stack.
final class YAMLParser {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  /// libyaml reads from it until the end.
  private let bytes: UnsafeMutableBufferPointer<UInt8>

  init(_ text: String) {
    let utf8 = text.utf8
    bytes = .allocate(capacity: utf8.count)
    _ = bytes.initialize(from: utf8)
    parser = .allocate(capacity: 1)
    parser.initialize(to: yaml_parser_t())
    yaml_parser_initialize(parser)
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
    bytes.deallocate()
  }

  /// The next event.
  /// - Throws: `YAMLSyntaxError`; there is nothing to read after it.
  func next() throws(YAMLSyntaxError) -> YAMLEvent {
    while true {
      var event = yaml_event_t()
      guard yaml_parser_parse(parser, &event) == 1 else { throw failure() }
      defer { yaml_event_delete(&event) }
      let position = Self.position(event.start_mark)
      func result(
        _ kind: YAMLEvent.Kind, _ anchor: UnsafeMutablePointer<UInt8>? = nil,
        tag: UnsafeMutablePointer<UInt8>? = nil
      ) -> YAMLEvent {
        let tag = tag.map { String(cString: $0) }
        return YAMLEvent(
          kind: kind, position: position, end: Self.position(event.end_mark),
          anchor: anchor.map { String(cString: $0) },
          tag: tag == Self.textTag || tag == "!" ? nil : tag)
      }
      switch event.type {
      case YAML_DOCUMENT_START_EVENT: return result(.documentStart)
      case YAML_DOCUMENT_END_EVENT: return result(.documentEnd)
      case YAML_STREAM_END_EVENT, YAML_NO_EVENT: return result(.streamEnd)
      case YAML_ALIAS_EVENT: return result(.alias(String(cString: event.data.alias.anchor)))
      case YAML_SEQUENCE_START_EVENT:
        return result(.listStart, event.data.sequence_start.anchor, tag: event.data.sequence_start.tag)
      case YAML_SEQUENCE_END_EVENT: return result(.listEnd)
      case YAML_MAPPING_START_EVENT:
        return result(.mapStart, event.data.mapping_start.anchor, tag: event.data.mapping_start.tag)
      case YAML_MAPPING_END_EVENT: return result(.mapEnd)
      case YAML_SCALAR_EVENT:
        let scalar = event.data.scalar
        let text = String(
          decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
        // `!!str 8.2` is text as `"8.2"` is.
        let isText = scalar.tag.map { String(cString: $0) == Self.textTag } ?? false
        return result(
          .scalar(
            text: text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE && !isText,
            isQuoted: scalar.style == YAML_SINGLE_QUOTED_SCALAR_STYLE
              || scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE),
          scalar.anchor, tag: scalar.tag)
      default: continue
      }
    }
  }

  private static let textTag = "tag:yaml.org,2002:str"

  private func failure() -> YAMLSyntaxError {
    let state = parser.pointee
    let hasPlace = state.error == YAML_SCANNER_ERROR || state.error == YAML_PARSER_ERROR
    return YAMLSyntaxError(
      problem: state.problem.map { String(cString: $0) } ?? "it cannot be read",
      context: state.context.map { String(cString: $0) },
      position: hasPlace ? Self.position(state.problem_mark) : nil,
      contextPosition: hasPlace && state.context != nil ? Self.position(state.context_mark) : nil)
  }

  private static func position(_ mark: yaml_mark_t) -> SourcePosition {
    SourcePosition(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
  }
}
