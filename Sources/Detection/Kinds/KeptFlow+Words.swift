import ConfigurationFile
import Windows

extension KeptFlow {
    /// `10.1.2.3:44321 → 10.1.2.4:5432 tcp, 12 packets, 1.2 kB`.
    var words: String {
        let transport = IPProtocolText.string(protocolNumber)
        let ends =
            sourcePort == 0 && destinationPort == 0
            ? "\(source) → \(destination)" : "\(Self.end(source.description, sourcePort)) → \(Self.end(destination.description, destinationPort))"
        return "\(ends) \(transport), \(packets) packets, \(bytes) bytes"
    }

    private static func end(_ address: String, _ port: UInt16) -> String {
        address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
}
