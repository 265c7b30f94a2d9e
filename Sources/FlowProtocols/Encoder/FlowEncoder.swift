import FlowModel

/// Writes flows as NetFlow v5, v9 or IPFIX datagrams, as an exporter would: for the simulator and for tests.
///
/// It is the state of one observation domain: sequence numbers go on from datagram to datagram.
package struct FlowEncoder: Sendable {
    /// What the datagrams are written as: `.netflow5`, `.netflow9` or `.ipfix`.
    package let exportProtocol: ExportProtocol
    /// Observation domain, source id; for v5 the engine as `type << 8 | id`.
    package let domain: UInt32
    /// When the exporter's system started: uptimes count from here.
    package let systemStart: Timestamp
    /// The sampler that records refer to (IE 302 in IPFIX, 48 in v9); nil for none.
    package let sampler: UInt32?
    /// The sampling interval in the header of v5, at most 16383; 0 for none.
    package let headerInterval: UInt16
    /// The sequence number of the next datagram.
    package private(set) var sequenceNumber: UInt32 = 0

    /// An exporter's observation domain.
    package init(
        _ exportProtocol: ExportProtocol, domain: UInt32 = 0, systemStart: Timestamp, sampler: UInt32? = nil, headerInterval: UInt16 = 0
    ) {
        self.exportProtocol = exportProtocol
        self.domain = domain
        self.systemStart = systemStart
        self.sampler = sampler
        self.headerInterval = headerInterval
    }

    /// A datagram with the templates of the two address families; nil for v5, which has none.
    package mutating func templates(at now: Timestamp) -> [UInt8]? {
        guard exportProtocol != .netflow5 else { return nil }
        var set: [UInt8] = []
        for family in EncodedFamily.allCases {
            let fields = family.fields(exportProtocol, withSampler: sampler != nil)
            set.append(bigEndian: family.template)
            set.append(bigEndian: UInt16(fields.count))
            for field in fields {
                set.append(bigEndian: field.element)
                set.append(bigEndian: UInt16(field.width))
            }
        }
        return message([(exportProtocol == .ipfix ? 2 : 0, set)], records: 0, templates: 2, at: now)
    }

    /// A datagram with an options template and the data that announces a sampling rate (1 in `rate`) for the domain, or for `sampler` where that is set;
    /// nil for v5.
    package mutating func samplingRate(_ rate: UInt32, at now: Timestamp) -> [UInt8]? {
        guard exportProtocol != .netflow5 else { return nil }
        let isIPFIX = exportProtocol == .ipfix
        var template: [UInt8] = []
        template.append(bigEndian: Self.optionsTemplate)
        // IPFIX: the scope is the selector or the observation domain; interval 1, space rate - 1. Version 9: the scope is the system.
        let specifiers: [UInt16] =
            switch (isIPFIX, sampler) {
            case (true, .some): [3, 1, 302, 4, 305, 4, 306, 4]
            case (true, nil): [3, 1, 149, 4, 305, 4, 306, 4]
            case (false, .some): [4, 12, 1, 4, 48, 4, 49, 1, 50, 4]
            case (false, nil): [4, 8, 1, 4, 35, 1, 34, 4]
            }
        for specifier in specifiers { template.append(bigEndian: specifier) }
        var data: [UInt8] = []
        if isIPFIX {
            data.append(bigEndian: sampler ?? domain)
            data.append(bigEndian: UInt32(1))
            data.append(bigEndian: max(rate, 1) - 1)
        } else {
            data.append(bigEndian: domain)
            if let sampler { data.append(bigEndian: sampler) }
            data.append(2)
            data.append(bigEndian: rate)
        }
        return message([(isIPFIX ? 3 : 1, template), (Self.optionsTemplate, data)], records: 1, templates: 1, at: now)
    }

    /// Datagrams of at most `octets` octets (256...60000) with these flows. Version 5 holds only IPv4, at most 30 in a datagram: it leaves out others.
    package mutating func datagrams(_ flows: [Flow], at now: Timestamp, octets: Int = 1400) -> [[UInt8]] {
        var datagrams: [[UInt8]] = []
        let families: [EncodedFamily] = exportProtocol == .netflow5 ? [.v4] : EncodedFamily.allCases
        for family in families {
            let chosen = flows.filter { family.holds($0) }
            let width =
                exportProtocol == .netflow5 ? 48 : family.fields(exportProtocol, withSampler: sampler != nil).reduce(0) { $0 + $1.width }
            let most = max(1, (min(max(octets, 256), 60000) - 28) / width)
            let step = exportProtocol == .netflow5 ? min(most, 30) : most
            for first in stride(from: 0, to: chosen.count, by: step) {
                let part = chosen[first..<min(first + step, chosen.count)]
                datagrams.append(exportProtocol == .netflow5 ? version5(part, at: now) : data(part, family, at: now))
            }
        }
        return datagrams
    }

    // MARK: Parts

    private static let optionsTemplate: UInt16 = 512

    private func uptime(_ moment: Timestamp) -> UInt32 {
        UInt32(truncatingIfNeeded: moment.since(systemStart) / 1_000_000)
    }

    private mutating func data(_ flows: ArraySlice<Flow>, _ family: EncodedFamily, at now: Timestamp) -> [UInt8] {
        let fields = family.fields(exportProtocol, withSampler: sampler != nil)
        var set: [UInt8] = []
        for flow in flows {
            for field in fields {
                let value = field.value(of: flow, sampler: sampler ?? 0, uptime: uptime)
                if field.width == 16 { set.append(bigEndian: value.high) }
                set.append(contentsOf: [UInt8](bigEndian: value.low).suffix(min(field.width, 8)))
            }
        }
        return message([(family.template, set)], records: flows.count, templates: 0, at: now)
    }

    private mutating func message(_ sets: [(id: UInt16, octets: [UInt8])], records: Int, templates: Int, at now: Timestamp) -> [UInt8] {
        var body: [UInt8] = []
        for set in sets {
            let padding = -set.octets.count & 3
            body.append(bigEndian: set.id)
            body.append(bigEndian: UInt16(4 + set.octets.count + padding))
            body += set.octets + [UInt8](repeating: 0, count: padding)
        }
        var header: [UInt8] = []
        let seconds = UInt32(truncatingIfNeeded: now.nanoseconds / 1_000_000_000)
        header.append(bigEndian: UInt16(exportProtocol == .ipfix ? 10 : 9))
        if exportProtocol == .ipfix {
            header.append(bigEndian: UInt16(16 + body.count))
        } else {
            header.append(bigEndian: UInt16(records + templates))
            header.append(bigEndian: uptime(Timestamp(seconds: Int64(seconds))))
        }
        header.append(bigEndian: seconds)
        header.append(bigEndian: sequenceNumber)
        header.append(bigEndian: domain)
        sequenceNumber &+= exportProtocol == .ipfix ? UInt32(records) : 1
        return header + body
    }

    private mutating func version5(_ flows: ArraySlice<Flow>, at now: Timestamp) -> [UInt8] {
        var octets: [UInt8] = []
        octets.append(bigEndian: UInt16(5))
        octets.append(bigEndian: UInt16(flows.count))
        octets.append(bigEndian: uptime(now))
        octets.append(bigEndian: UInt32(truncatingIfNeeded: now.nanoseconds / 1_000_000_000))
        octets.append(bigEndian: UInt32(truncatingIfNeeded: now.nanoseconds % 1_000_000_000))
        octets.append(bigEndian: sequenceNumber)
        octets.append(bigEndian: UInt16(truncatingIfNeeded: domain))
        octets.append(bigEndian: headerInterval == 0 ? UInt16(0) : 0x4000 | headerInterval & 0x3FFF)
        for flow in flows {
            octets.append(bigEndian: flow.source.v4 ?? 0)
            octets.append(bigEndian: flow.destination.v4 ?? 0)
            octets.append(bigEndian: UInt32(0))
            octets.append(bigEndian: UInt16(clamping: flow.inputInterface))
            octets.append(bigEndian: UInt16(clamping: flow.outputInterface))
            octets.append(bigEndian: UInt32(clamping: flow.packets))
            octets.append(bigEndian: UInt32(clamping: flow.bytes))
            octets.append(bigEndian: uptime(flow.start))
            octets.append(bigEndian: uptime(flow.end))
            octets.append(bigEndian: flow.sourcePort)
            octets.append(bigEndian: flow.destinationPort)
            octets += [0, UInt8(truncatingIfNeeded: flow.tcpFlags.rawValue), flow.protocolNumber, flow.typeOfService]
            octets += [UInt8](repeating: 0, count: 8)
        }
        sequenceNumber &+= UInt32(flows.count)
        return octets
    }
}
