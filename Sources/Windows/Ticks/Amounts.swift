/// What flowed between two workloads in a tick, as counted: IP bytes, scaled, each packet once.
package struct Amounts: Sendable, Equatable, BitwiseCopyable {
    /// IP bytes.
    package var bytes: Int64 = 0
    package var packets: Int64 = 0
    /// Flow records (sampled packets, where those are what is reported).
    package var records: Int64 = 0
    /// Packets that somebody says were dropped, whatever the reason.
    package var droppedPackets: Int64 = 0
    /// TCP records with SYN.
    package var synRecords: Int64 = 0
    /// TCP records with RST.
    package var resetRecords: Int64 = 0
    /// TCP records of unsampled exporters with SYN and without ACK: a connection that got no answer while the record was open.
    package var unansweredRecords: Int64 = 0
    /// Packets of flows marked "congestion experienced" (RFC 3168).
    package var ecnMarkedPackets: Int64 = 0

    package init() {}

    /// Whether nothing flowed.
    package var isZero: Bool { self == Amounts() }

    package static func += (left: inout Amounts, right: Amounts) {
        left.bytes &+= right.bytes
        left.packets &+= right.packets
        left.records &+= right.records
        left.droppedPackets &+= right.droppedPackets
        left.synRecords &+= right.synRecords
        left.resetRecords &+= right.resetRecords
        left.unansweredRecords &+= right.unansweredRecords
        left.ecnMarkedPackets &+= right.ecnMarkedPackets
    }
}
