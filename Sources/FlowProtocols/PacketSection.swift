import FlowModel

/// Reads the headers of a sampled packet, whole or cut off: sFlow's raw header, and IEs 313, 314, 315 (RFC 5477).
package enum PacketSection {
    /// What the first octet belongs to.
    package enum Link: Sendable {
        case ethernet
        case ip
    }

    /// Fills the addresses, ports, flags and so on of `flow` (not its counts) from a packet's first octets, and `overhead` as `frameLength` less the
    /// IP length of the packet that is counted; nothing of what is behind the end of the section is believed.
    ///
    /// - Parameters:
    ///   - frameLength: the packet's length on the wire, FCS included where the exporter includes it.
    ///   - detail: filled where it is not nil.
    /// - Returns: whether the section could be read as far as the network layer, or is no IP.
    package static func parse(_ section: ByteReader, link: Link, frameLength: Int, into flow: inout Flow, detail: inout FlowDetail?) -> Bool {
        false
    }
}
