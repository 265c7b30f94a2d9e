import Exporters
import FlowModel
import Identity

/// Why a session was refused or forgotten.
enum SessionReason: String, Sendable, CaseIterable {
    /// There are as many sessions as there may be.
    case tableFull = "table_full"
    /// Its address has as many as it may have.
    case addressLimit = "address_limit"
    /// New sources hold nearly all of the memory that there is for them.
    case memory
}

/// What a shard counts beside the flows. All of it only grows.
struct ShardTallies: Sendable {
    /// Which end of a flow.
    enum Side: Int, CaseIterable {
        case source
        case destination

        var label: String { self == .source ? "source" : "destination" }
    }

    /// How an end was named: the `result` label of `weir_attributed_bytes_total`.
    enum Attribution: Int, CaseIterable {
        // In the order of `EndpointEntry.Kind`.
        case pod
        case host
        case service
        case network
        case unmanaged
        case world
        /// By the exporter's own word (Antrea).
        case exporter
        /// The last owner's, though the flow ended after that one had let go of the address.
        case late

        var label: String { "\(self)" }

        @inline(__always)
        init(_ kind: EndpointEntry.Kind) {
            self =
                switch kind {
                case .pod: .pod
                case .service: .service
                case .host: .host
                case .network: .network
                case .world: .world
                case .unmanaged: .unmanaged
                }
        }
    }

    // In place, so that counting asks nobody whether the memory is shared: a side is eight apart from the other.
    private var attributed = InlineArray<16, UInt64>(repeating: 0)
    private var setAsideCounts = InlineArray<8, UInt64>(repeating: 0)
    /// Sessions that made room for others, by what there was no room in.
    var forgottenSessions: [SessionReason: UInt64] = [:]
    /// Datagrams of new sessions for which there was no room, by what was full.
    var refusedSessions: [SessionReason: UInt64] = [:]
    /// What sessions had no room for.
    private(set) var refused = ExporterSession.Refused()
    /// Datagrams from nobody known that are no export of any protocol.
    var notExports: UInt64 = 0
    /// Records that were to wait and found no room: they counted at once, as they were.
    var holdOverflow: UInt64 = 0

    /// Counts the bytes of a flow by how its ends were named.
    @inline(__always)
    mutating func attribute(_ bytes: UInt64, source: EndpointEntry, destination: EndpointEntry) {
        guard !source.isUnsettled(or: destination) else { return attributeUnsettled(bytes, source, destination) }
        attribute(bytes, .source, Attribution(source.kind))
        attribute(bytes, .destination, Attribution(destination.kind))
    }

    @inline(never)
    private mutating func attributeUnsettled(_ bytes: UInt64, _ source: EndpointEntry, _ destination: EndpointEntry) {
        attribute(bytes, source, .source)
        attribute(bytes, destination, .destination)
    }

    /// Counts the bytes of a flow by how one of its ends was named.
    mutating func attribute(_ bytes: UInt64, _ entry: EndpointEntry, _ side: Side) {
        attribute(bytes, side, entry.kind == .pod && entry.isUnsettled ? .late : Attribution(entry.kind))
    }

    @inline(__always)
    mutating func attribute(_ bytes: UInt64, _ side: Side, _ result: Attribution) {
        attributed[side.rawValue << 3 | result.rawValue] &+= bytes
    }

    func attributed(_ side: Side, _ result: Attribution) -> UInt64 {
        attributed[side.rawValue << 3 | result.rawValue]
    }

    @inline(__always)
    mutating func noteSetAside(_ reason: SetAsideReason) {
        setAsideCounts[Self.position(of: reason)] &+= 1
    }

    /// Records set aside for a reason.
    func setAside(_ reason: SetAsideReason) -> UInt64 {
        setAsideCounts[Self.position(of: reason)]
    }

    private static func position(of reason: SetAsideReason) -> Int {
        switch reason {
        case .notIP: 0
        case .egressView: 1
        case .ingressView: 2
        case .otherNode: 3
        case .serviceReplyView: 4
        case .otherVantage: 5
        }
    }

    mutating func note(_ refused: ExporterSession.Refused) {
        self.refused.pendingFlows &+= refused.pendingFlows
        self.refused.runningTotals &+= refused.runningTotals
        self.refused.facts &+= refused.facts
    }

    /// Adds another shard's.
    mutating func add(_ other: ShardTallies) {
        for index in attributed.indices { attributed[index] &+= other.attributed[index] }
        for index in setAsideCounts.indices { setAsideCounts[index] &+= other.setAsideCounts[index] }
        forgottenSessions.merge(other.forgottenSessions, uniquingKeysWith: +)
        refusedSessions.merge(other.refusedSessions, uniquingKeysWith: +)
        note(other.refused)
        holdOverflow += other.holdOverflow
        notExports += other.notExports
    }
}
