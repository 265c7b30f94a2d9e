import FlowModel

/// What the header of a NetFlow v9 or IPFIX message says that its data sets need.
struct Message {
    /// 9 or 10.
    var version: UInt16
    /// Source id, observation domain.
    var domain: UInt32
    var sequenceNumber: UInt32
    var clock: ExportClock

    var exportProtocol: ExportProtocol { version == 9 ? .netflow9 : .ipfix }
}
