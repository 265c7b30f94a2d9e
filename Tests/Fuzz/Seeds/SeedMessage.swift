import FlowProtocols

/// A message of NetFlow v9 or IPFIX, by its sets.
struct SeedMessage {
    let version: UInt16
    let domain: UInt32
    private let header: ArraySlice<UInt8>
    private var sets: [(id: UInt16, body: ArraySlice<UInt8>)] = []

    /// The ids of its data sets.
    var dataSets: [UInt16] { sets.map(\.id).filter { $0 >= 256 } }

    /// Whether it has templates.
    var isTeaching: Bool { sets.contains { $0.id < 256 } }

    /// Nil where it is neither.
    init?(_ datagram: [UInt8]) {
        guard datagram.count > 20, datagram[0] == 0, datagram[1] == 9 || datagram[1] == 10 else { return nil }
        version = UInt16(datagram[1])
        let length = version == 9 ? 20 : 16
        header = datagram.prefix(length)
        domain = datagram[(length - 4)..<length].reduce(0) { $0 << 8 | UInt32($1) }
        var rest = datagram.dropFirst(length)
        while rest.count >= 4 {
            let words = rest.prefix(4).map { UInt16($0) }
            let size = Int(words[2] << 8 | words[3])
            guard size >= 4, size <= rest.count else { break }
            sets.append((words[0] << 8 | words[1], rest.dropFirst(4).prefix(size - 4)))
            rest = rest.dropFirst(size)
        }
    }

    /// A message from the same exporter with these templates.
    func lesson(_ templates: [SavedTemplates.Template]) -> [UInt8] {
        message(templates.map { template in (Self.setID(of: template), Self.definition(of: template)[...]) })
    }

    /// The message with at most two records in each set whose template is among these.
    func shortened(by templates: [SavedTemplates.Template]) -> [UInt8] {
        message(
            sets.map { set in
                guard let template = templates.first(where: { $0.id == set.id }) else { return set }
                let length = template.fields.reduce(0) { $0 + ($1.length == 65535 ? 30 : Int($1.length)) }
                return (set.id, set.body.prefix(2 * length))
            })
    }

    private func message(_ sets: [(id: UInt16, body: ArraySlice<UInt8>)]) -> [UInt8] {
        let body = sets.flatMap { Self.big($0.id) + Self.big(UInt16(4 + $0.body.count)) + $0.body }
        return version == 9 ? header + body : Self.big(10) + Self.big(UInt16(16 + body.count)) + header.dropFirst(4) + body
    }

    private static func setID(of template: SavedTemplates.Template) -> UInt16 {
        (template.version == 9 ? 0 : 2) + (template.scopeCount == nil ? 0 : 1)
    }

    private static func definition(of template: SavedTemplates.Template) -> [UInt8] {
        var octets = big(template.id)
        let count = template.fields.count
        switch (template.version, template.scopeCount) {
        case (9, let scopes?): octets += big(UInt16(4 * scopes)) + big(UInt16(4 * (count - scopes)))
        case (_, let scopes?): octets += big(UInt16(count)) + big(UInt16(scopes))
        default: octets += big(UInt16(count))
        }
        for field in template.fields {
            octets += big(field.enterprise == 0 ? field.element : field.element | 0x8000) + big(field.length)
            if field.enterprise != 0 { octets += big(UInt16(field.enterprise >> 16)) + big(UInt16(truncatingIfNeeded: field.enterprise)) }
        }
        return octets
    }

    private static func big(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)] }
}
