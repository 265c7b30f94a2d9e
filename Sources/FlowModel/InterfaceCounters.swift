/// Counters of one interface as an exporter reported them (sFlow generic interface counters): running totals since the interface came up.
public struct InterfaceCounters: Sendable, Equatable, BitwiseCopyable {
    /// What one direction counted. What an agent does not support is 0.
    public struct Direction: Sendable, Equatable, BitwiseCopyable {
        /// ifInOctets, ifOutOctets.
        public var octets: UInt64 = 0
        /// ifInUcastPkts, ifOutUcastPkts.
        public var unicastPackets: UInt32 = 0
        /// ifInMulticastPkts, ifOutMulticastPkts.
        public var multicastPackets: UInt32 = 0
        /// ifInBroadcastPkts, ifOutBroadcastPkts.
        public var broadcastPackets: UInt32 = 0
        /// ifInDiscards, ifOutDiscards.
        public var discards: UInt32 = 0
        /// ifInErrors, ifOutErrors.
        public var errors: UInt32 = 0

        /// All zero.
        public init() {}
    }

    /// Sub-agent (sFlow), observation domain.
    public var observationDomain: UInt32 = 0
    /// ifIndex.
    public var index: UInt32 = 0
    /// Nominal speed in bit/s; 0 where unknown.
    public var speed: UInt64 = 0
    /// What came in.
    public var input = Direction()
    /// What went out.
    public var output = Direction()
    /// Number of the counter sample: a step back tells that the exporter restarted.
    public var sequenceNumber: UInt32 = 0

    /// All zero.
    public init() {}
}
