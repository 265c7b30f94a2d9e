import Exporters
import Identity

extension VantagePreference {
    /// What the configuration prefers.
    init(_ configuration: ExportersConfiguration) {
        self.init(
            protocols: configuration.protocolPreference,
            exporters: Dictionary(configuration.exporters.map { ($0.address, $0.preference) }) { first, _ in first })
    }
}
