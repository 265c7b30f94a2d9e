/// The counters of an exporter, each by itself.
struct ExporterCounts: Sendable, Equatable {
    /// One counter.
    enum Series: Hashable, Sendable {
        case datagrams(String)
        case records(String)
        case lost(String, unit: String)
        case decodeErrors(String, reason: String)
        case unknownSampling
    }

    var values: [Series: UInt64] = [:]

    var isZero: Bool { values.allSatisfy { $0.value == 0 } }

    init() {}

    /// The counters of an exporter.
    init(_ exporter: ExporterStatus) {
        values[.unknownSampling] = exporter.unknownSamplingRecords
        for part in exporter.protocols {
            values[.datagrams(part.name)] = part.datagrams
            values[.records(part.name)] = part.records
            for (unit, count) in part.lost { values[.lost(part.name, unit: unit)] = count }
            for (reason, count) in part.decodeErrors { values[.decodeErrors(part.name, reason: reason)] = count }
        }
    }

    mutating func add(_ other: ExporterCounts) {
        values.merge(other.values) { $0 &+ $1 }
    }

    /// Takes away, at most what there is.
    mutating func subtract(_ other: ExporterCounts) {
        for (series, value) in other.values {
            let before = values[series] ?? 0
            values[series] = before - min(value, before)
        }
    }

    /// Raises each counter that is less than it was.
    mutating func raise(to other: ExporterCounts) {
        values.merge(other.values) { max($0, $1) }
    }

    /// The exporter with these counts in the place of its own. Protocols that it has no more stay.
    func written(over exporter: ExporterStatus) -> ExporterStatus {
        var exporter = exporter
        exporter.unknownSamplingRecords = values[.unknownSampling] ?? 0
        let missing = Set(values.compactMap { $0.value > 0 ? $0.key.protocolName : nil }).subtracting(exporter.protocols.map(\.name))
        exporter.protocols += missing.sorted().map { .init(name: $0, lastSeen: exporter.lastSeen) }
        let places = Dictionary(exporter.protocols.indices.map { (exporter.protocols[$0].name, $0) }) { first, _ in first }
        for index in exporter.protocols.indices {
            exporter.protocols[index].lost = exporter.protocols[index].lost.mapValues { _ in 0 }
            exporter.protocols[index].decodeErrors = [:]
        }
        for (series, value) in values {
            guard let name = series.protocolName, let index = places[name] else { continue }
            switch series {
            case .datagrams: exporter.protocols[index].datagrams = value
            case .records: exporter.protocols[index].records = value
            case .lost(_, let unit): exporter.protocols[index].lost[unit] = value
            case .decodeErrors(_, let reason): exporter.protocols[index].decodeErrors[reason] = value
            case .unknownSampling: break
            }
        }
        return exporter
    }
}

extension ExporterCounts.Series {
    fileprivate var protocolName: String? {
        switch self {
        case .datagrams(let name), .records(let name), .lost(let name, _), .decodeErrors(let name, _): name
        case .unknownSampling: nil
        }
    }
}

extension ExporterStatus.ByProtocol {
    /// A protocol by which nothing holds now.
    fileprivate init(name: String, lastSeen: Double) {
        self.init(
            name: name, datagrams: 0, records: 0, lost: [:], decodeErrors: [:], templates: 0, samplingRate: 1, samplingSource: .unknown,
            activeTimeoutSeconds: nil, isActiveTimeoutAnnounced: false, clockOffsetSeconds: nil, lastSeen: lastSeen)
    }
}
