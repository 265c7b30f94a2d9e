import Exporters
import FlowModel
import Identity

/// What a shard needs of the configuration; replaced whole at reload.
struct ShardConfiguration: Sendable {
    /// By address.
    var exporters: [IPAddress: ExportersConfiguration.Exporter]
    var defaultSamplingRate: UInt32
    /// Whether one packet that is seen several times counts once.
    var deduplicates: Bool
    /// How long a flow waits for an owner of its addresses that is not known yet, nanoseconds.
    var ownerWait: Int64
    /// Names that an exporter's own word may add, at most.
    var maximumClaimedNames: Int
    /// What ends are called by; holds from the start on.
    var labels: LabelsConfiguration

    init(_ configuration: WeirConfiguration) {
        exporters = Dictionary(configuration.exporters.exporters.map { ($0.address, $0) }) { first, _ in first }
        defaultSamplingRate = configuration.exporters.defaultSamplingRate
        deduplicates = configuration.deduplicate == .auto
        ownerWait = configuration.identity.wait
        maximumClaimedNames = configuration.ledger.maxPairs
        labels = configuration.identity.labels
    }
}
