/// Tells the objects of a list's page, or the events of a watch, apart while their JSON streams in, and keeps of each only what is asked for.
///
/// It holds one object at a time, as a JSON text of the kept members, and besides that no more than the list's own metadata. What is kept whole is
/// handed on as it came, for a decoder to judge; what is dropped is only looked at for where it ends.
package struct ItemStream: Sendable {
    /// Why the text is none that can be told apart.
    package enum Failure: Error, Equatable {
        /// Not JSON of the form that was expected.
        case malformed
        /// What is kept of one object is more than `maximumKept`.
        case tooLarge
        /// Kept members stand deeper than `maximumDepth`.
        case tooDeep
    }

    /// Octets that are kept of one object at most; etcd takes objects of at most 1.5 MiB.
    package static let maximumKept = 4 << 20
    /// Levels of objects and arrays around a kept member, at most.
    package static let maximumDepth = 64
    /// Octets of a key that may be asked for.
    package static let maximumKey = 512

    private enum Form {
        case list
        case watch
    }

    private struct Frame {
        var isObject: Bool
        /// Of `KeptKeyTable`: what is kept of the object, or of the array's elements.
        var node: Int
        /// Whether nothing has been written into it yet.
        var isEmpty = true
        /// Whether each element is an item of the list.
        var holdsItems = false
    }

    /// What comes next.
    private enum State {
        /// A document, or space behind the last one.
        case document
        case valueOrEnd
        case value
        case keyOrEnd
        case keyStart
        case key
        case colon
        case commaOrEnd
        /// Within a value that is kept or dropped whole.
        case raw
        /// Behind the only document.
        case end
    }

    private let form: Form
    private let table: KeptKeyTable
    /// The number of the list's `items`.
    private let itemsNode: Int
    private var state = State.document
    private var frames: [Frame] = []
    private var key: [UInt8] = []
    private var keyIsEscaped = false
    /// What the value that comes next is kept of.
    private var node = KeptKeyTable.Node.none

    // Within a raw value:
    private var rawIsKept = false
    private var rawDepth = 0
    private var rawIsString = false
    private var rawIsEscaped = false
    private var rawIsScalar = false

    /// Where the frames of an item begin; nil outside of items.
    private var itemBase: Int?
    private var item: [UInt8] = []

    /// What is kept of a list beside its items, when it has come to its end.
    package private(set) var envelope: [UInt8] = []

    private init(_ form: Form, _ keys: KeptKeys) {
        self.form = form
        table = KeptKeyTable(keys)
        itemsNode = form == .list ? table.child(of: table.root, at: Array("items".utf8)) : KeptKeyTable.Node.none
    }

    /// A list's page: `{"metadata": {…}, "items": [{…}, …]}`, in whatever order.
    package static func list(of resource: Resource) -> ItemStream {
        let metadata = KeptKeys.names("resourceVersion", "continue", "remainingItemCount")
        return ItemStream(.list, .members([("kind", .all), ("metadata", metadata), ("items", resource.keptKeys)]))
    }

    /// A watch's events: `{"type": …, "object": {…}}`, one behind the other. Of a `Status`, as an event of type `ERROR` brings it, all that tells why
    /// is kept.
    package static func watch(of resource: Resource) -> ItemStream {
        var members: [(String, KeptKeys)] = ["kind", "code", "reason", "message"].map { ($0, .all) }
        if case .members(let ofObject) = resource.keptKeys { members += ofObject }
        return ItemStream(.watch, .members([("type", .all), ("object", .members(members))]))
    }

    /// Whether a list has come to its end, or no event has only half arrived.
    package var isWhole: Bool {
        form == .list ? state == .end : state == .document
    }

    /// Takes in what has come, and calls `body` for each object that it completes, with the JSON text of what is kept of it.
    package mutating func take(_ octets: [UInt8], _ body: ([UInt8]) -> Void) throws(Failure) {
        let octets = octets.span
        var index = 0
        while index < octets.count {
            if state == .raw {
                index = try raw(octets, from: index, body)
            } else if state == .key {
                index = try continueKey(octets, from: index)
            } else {
                let octet = octets[index]
                if octet == 0x20 || octet == 0x0A || octet == 0x0D || octet == 0x09 {
                    index &+= 1
                } else {
                    index &+= try structure(octet, body)
                }
            }
        }
    }

    // MARK: Structure

    /// Takes one octet that is no space; how many it has used: 0 where it is the first of a raw value.
    private mutating func structure(_ octet: UInt8, _ body: ([UInt8]) -> Void) throws(Failure) -> Int {
        switch state {
        case .document:
            guard octet == UInt8(ascii: "{") else { throw .malformed }
            node = table.root
            if form == .watch { beginItem() }
            try open(isObject: true)
        case .valueOrEnd where octet == UInt8(ascii: "]"):
            try close(body)
        case .value, .valueOrEnd:
            return try value(octet)
        case .keyOrEnd where octet == UInt8(ascii: "}"):
            try close(body)
        case .keyOrEnd, .keyStart:
            guard octet == UInt8(ascii: "\"") else { throw .malformed }
            key.removeAll(keepingCapacity: true)
            keyIsEscaped = false
            state = .key
        case .colon:
            guard octet == UInt8(ascii: ":") else { throw .malformed }
            state = .value
        case .commaOrEnd:
            guard let frame = frames.last else { throw .malformed }
            if octet == UInt8(ascii: ",") {
                state = frame.isObject ? .keyStart : .value
                if !frame.isObject { node = frame.node }
            } else if octet == (frame.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                try close(body)
            } else {
                throw .malformed
            }
        case .end, .key, .raw:
            throw .malformed
        }
        return 1
    }

    private mutating func continueKey(_ octets: Span<UInt8>, from start: Int) throws(Failure) -> Int {
        var index = start
        while index < octets.count {
            let octet = octets[index]
            index &+= 1
            if keyIsEscaped {
                keyIsEscaped = false
            } else if octet == UInt8(ascii: "\\") {
                keyIsEscaped = true
            } else if octet == UInt8(ascii: "\"") {
                endKey()
                return index
            }
            // What is longer is no key that is asked for, whatever follows.
            if key.count <= Self.maximumKey { key.append(octet) }
        }
        return index
    }

    private mutating func endKey() {
        state = .colon
        guard let frame = frames.last else { return }
        node = table.child(of: frame.node, at: key)
    }

    /// A value begins with this octet.
    private mutating func value(_ octet: UInt8) throws(Failure) -> Int {
        // The elements of an array take the array's number; of an object, the key has said it.
        if let frame = frames.last, frame.holdsItems {
            beginItem()
        } else if node != KeptKeyTable.Node.none {
            try writeSeparator()
        }
        if node >= 0, octet == UInt8(ascii: "{") || octet == UInt8(ascii: "[") {
            try open(isObject: octet == UInt8(ascii: "{"))
            return 1
        }
        state = .raw
        rawIsKept = node != KeptKeyTable.Node.none
        rawDepth = 0
        rawIsString = false
        rawIsEscaped = false
        rawIsScalar = false
        return 0
    }

    private mutating func open(isObject: Bool) throws(Failure) {
        guard frames.count < Self.maximumDepth else { throw .tooDeep }
        let holdsItems = !isObject && form == .list && frames.count == 1 && node == itemsNode
        try write(isObject ? UInt8(ascii: "{") : UInt8(ascii: "["))
        frames.append(Frame(isObject: isObject, node: node, holdsItems: holdsItems))
        state = isObject ? .keyOrEnd : .valueOrEnd
    }

    private mutating func close(_ body: ([UInt8]) -> Void) throws(Failure) {
        guard let frame = frames.popLast() else { throw .malformed }
        try write(frame.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
        try endValue(body)
    }

    /// A value has come to its end, raw or not.
    private mutating func endValue(_ body: ([UInt8]) -> Void) throws(Failure) {
        if itemBase == frames.count {
            body(item)
            item.removeAll(keepingCapacity: item.capacity <= 64 << 10)
            itemBase = nil
        }
        if let frame = frames.last {
            state = .commaOrEnd
            if !frame.isObject { node = frame.node }
        } else {
            state = form == .list ? .end : .document
        }
    }

    private mutating func beginItem() {
        itemBase = frames.count
    }

    // MARK: Raw values

    /// Takes a value that is kept or dropped whole; where it ends, or the octets do.
    private mutating func raw(_ octets: Span<UInt8>, from start: Int, _ body: ([UInt8]) -> Void) throws(Failure) -> Int {
        var index = start
        var isEnded = false
        // In registers while the octets last: most of a cluster's JSON goes through here to be dropped.
        var (depth, isString, isEscaped, isScalar) = (rawDepth, rawIsString, rawIsEscaped, rawIsScalar)
        scan: while index < octets.count {
            let octet = octets[index]
            if isString {
                index &+= 1
                if isEscaped {
                    isEscaped = false
                } else if octet == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if octet == UInt8(ascii: "\"") {
                    isString = false
                    isEnded = depth == 0
                    if isEnded { break }
                }
                continue
            }
            switch octet {
            case UInt8(ascii: "\""):
                if isScalar { throw .malformed }
                isString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                if isScalar { throw .malformed }
                depth &+= 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 {
                    // Behind a number or a word, what holds it ends.
                    guard isScalar else { throw .malformed }
                    isEnded = true
                    break scan
                }
                depth &-= 1
                if depth == 0 {
                    index &+= 1
                    isEnded = true
                    break scan
                }
            case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x0A, 0x0D, 0x09:
                if depth == 0 {
                    guard isScalar, octet != UInt8(ascii: ":") else { throw .malformed }
                    isEnded = true
                    break scan
                }
            default:
                if depth == 0 { isScalar = true }
            }
            index &+= 1
        }
        (rawDepth, rawIsString, rawIsEscaped, rawIsScalar) = (depth, isString, isEscaped, isScalar)
        if rawIsKept { try write(octets, start..<index) }
        if isEnded { try endValue(body) }
        return index
    }

    // MARK: Writing

    /// Writes the comma before a member or element, and a member's key.
    private mutating func writeSeparator() throws(Failure) {
        guard let last = frames.indices.last else { return }
        if !frames[last].isEmpty { try write(UInt8(ascii: ",")) }
        frames[last].isEmpty = false
        guard frames[last].isObject else { return }
        // Only keys that are asked for come here, which are short and need no escapes.
        try write(UInt8(ascii: "\""))
        let key = key
        try write(key.span, 0..<key.count)
        try write(UInt8(ascii: "\""))
        try write(UInt8(ascii: ":"))
    }

    private mutating func write(_ octet: UInt8) throws(Failure) {
        if itemBase != nil { item.append(octet) } else { envelope.append(octet) }
        try checkSize()
    }

    private mutating func write(_ octets: Span<UInt8>, _ range: Range<Int>) throws(Failure) {
        let part = octets.extracting(range)
        guard part.count <= Self.maximumKept else { throw .tooLarge }
        if itemBase != nil { item.append(part) } else { envelope.append(part) }
        try checkSize()
    }

    private func checkSize() throws(Failure) {
        guard item.count <= Self.maximumKept, envelope.count <= Self.maximumKept else { throw .tooLarge }
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ octets: Span<UInt8>) {
        unsafe octets.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}
