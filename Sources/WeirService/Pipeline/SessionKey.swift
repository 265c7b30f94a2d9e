import FlowModel

/// What tells transport sessions apart: templates, sampling rates and sequences belong to one (RFC 7011 §2, "Transport Session").
package struct SessionKey: Hashable, Sendable, Codable {
    /// The address the exporter sends from.
    package var address: IPAddress
    /// The port the exporter sends from.
    package var sourcePort: UInt16
    /// The port of Weir that it sends to.
    package var localPort: UInt16
    /// The TCP connection (`StreamConnection.number`), which is a session of its own and never kept over a restart; 0 for UDP.
    package var connection: UInt32

    package init(address: IPAddress, sourcePort: UInt16, localPort: UInt16, connection: UInt32 = 0) {
        self.address = address
        self.sourcePort = sourcePort
        self.localPort = localPort
        self.connection = connection
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(address)
        hasher.combine(UInt64(connection) << 32 | UInt64(sourcePort) << 16 | UInt64(localPort))
    }

    package init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        let text = try container.decode(String.self)
        guard let address = IPAddress(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\"\(text)\" is not an address")
        }
        self.address = address
        sourcePort = try container.decode(UInt16.self)
        localPort = try container.decode(UInt16.self)
        connection = 0
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        try container.encode(address.description)
        try container.encode(sourcePort)
        try container.encode(localPort)
    }
}
