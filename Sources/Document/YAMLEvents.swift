import CYAML
import Telemetry

/// Owns one libyaml parser and gives its events as Swift values. It never outlives the bytes it was
/// given: it is made and used up within one `withUnsafeBufferPointer`. There is at least one byte;
/// libyaml aborts without an address.
@safe struct YAMLEvents: ~Copyable {
    struct Event {
        enum Kind {
            case scalar(Scalar)
            case alias(String)
            case sequenceStart
            case sequenceEnd
            case mappingStart
            case mappingEnd
            case documentStart
            case end
            case other
        }

        let kind: Kind
        let position: TextPosition
        var anchor: String?
        var tag: String?
    }

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let bytes: UnsafeBufferPointer<UInt8>
    private let source: String?

    init(_ bytes: UnsafeBufferPointer<UInt8>, _ source: String?) throws(Fault) {
        unsafe parser = .allocate(capacity: 1)
        unsafe self.bytes = unsafe bytes
        self.source = source
        guard unsafe yaml_parser_initialize(parser) == 1 else {
            throw Fault(DocumentCode.limit, "no memory to read YAML", at: source)
        }
        unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        unsafe yaml_parser_set_input_string(
            parser, bytes.baseAddress, bytes.count)
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
    }

    mutating func next() throws(Fault) -> Event {
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw fault() }
        defer { unsafe yaml_event_delete(&event) }
        return unsafe YAMLEvents.read(event)
    }

    // SAFETY: of the union the member is read that the type of the event names.
    private static func read(_ event: yaml_event_t) -> Event {
        let position = TextPosition(unsafe event.start_mark)
        func plain(_ kind: Event.Kind) -> Event { Event(kind: kind, position: position) }
        func node(_ kind: Event.Kind, anchor: Text, tag: Text) -> Event {
            unsafe Event(kind: kind, position: position, anchor: string(anchor), tag: string(tag))
        }
        switch unsafe event.type {
        case YAML_SCALAR_EVENT:
            let data = unsafe event.data.scalar
            let bytes = unsafe UnsafeBufferPointer(start: data.value, count: data.length)
            let text = unsafe String(decoding: bytes, as: UTF8.self)
            let scalar = unsafe Scalar(text: text, plain: data.style == YAML_PLAIN_SCALAR_STYLE)
            return unsafe node(.scalar(scalar), anchor: data.anchor, tag: data.tag)
        case YAML_SEQUENCE_START_EVENT:
            let data = unsafe event.data.sequence_start
            return unsafe node(.sequenceStart, anchor: data.anchor, tag: data.tag)
        case YAML_MAPPING_START_EVENT:
            let data = unsafe event.data.mapping_start
            return unsafe node(.mappingStart, anchor: data.anchor, tag: data.tag)
        case YAML_ALIAS_EVENT: return unsafe plain(.alias(string(event.data.alias.anchor) ?? ""))
        case YAML_SEQUENCE_END_EVENT: return plain(.sequenceEnd)
        case YAML_MAPPING_END_EVENT: return plain(.mappingEnd)
        case YAML_DOCUMENT_START_EVENT: return plain(.documentStart)
        case YAML_STREAM_END_EVENT, YAML_NO_EVENT: return plain(.end)
        default: return plain(.other)
        }
    }

    private typealias Text = UnsafeMutablePointer<yaml_char_t>?

    private static func string(_ text: Text) -> String? {
        unsafe text.map { unsafe String(cString: $0) }
    }

    /// libyaml gives the place of a fault as a mark, or as an offset while it still decodes
    /// characters.
    private func fault() -> Fault {
        let state = unsafe parser.pointee
        let problem = unsafe state.problem.map { unsafe String(cString: $0) } ?? "not YAML"
        let context = unsafe state.context.map { unsafe " \(String(cString: $0))" } ?? ""
        let place: TextPosition
        if unsafe state.error == YAML_READER_ERROR {
            place = unsafe TextPosition(offset: state.problem_offset, in: bytes.span)
        } else {
            place = TextPosition(unsafe state.problem_mark)
        }
        let code =
            unsafe state.error == YAML_MEMORY_ERROR ? DocumentCode.limit : DocumentCode.syntax
        return Fault(
            code, "\(problem)\(context)", at: place.named(source))
    }
}

extension TextPosition {
    /// libyaml counts from 0.
    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: mark.line + 1, column: mark.column + 1)
    }
}
