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
    /// Where the packet carries VXLAN or Geneve and the inner packet's addresses are in the section, the inner packet is what is counted. Only the outermost
    /// tunnel is opened: what a pod itself encapsulates is that pod's traffic.
    ///
    /// - Parameters:
    ///   - frameLength: the packet's length on the wire, FCS included where the exporter includes it.
    ///   - stripped: how much of `frameLength` is not of the section's own layers: a trailing FCS, what was removed before sampling.
    ///   - tunnelEnd: where the exporter says that a tunnel's header ends, in octets from the start of the section; nil where it doesn't.
    ///   - opensTunnels: false where the exporter has removed the outer header already.
    /// - Returns: whether the section could be read as far as the network layer, or is no IP.
    package static func parse(
        _ section: ByteReader, link: Link, frameLength: Int, stripped: Int = 0, tunnelEnd: Int? = nil, opensTunnels: Bool = true,
        into flow: inout Flow
    ) -> Bool {
        // Filled where they stand, and not handed on: copying them costs more than reading them.
        var outer = PacketHeaders()
        guard outer.read(section, link: link) else { return false }
        if opensTunnels, outer.udpPayload != nil || tunnelEnd != nil {
            var inner = PacketHeaders()
            if readTunnelled(&inner, in: outer, of: section, tunnelEnd: tunnelEnd) != nil {
                inner.fill(&flow)
                flow.overhead = inner.overhead(frameLength: frameLength, stripped: stripped, sectionStart: section.offset)
                flow.traits.insert(.tunnelled)
                return true
            }
        }
        outer.fill(&flow)
        flow.overhead = outer.overhead(frameLength: frameLength, stripped: stripped, sectionStart: section.offset)
        return true
    }

    /// Fills what of a packet's headers only `detail` holds; the parameters are those of `parse`. False, and nothing is filled, where that is.
    package static func parseDetail(
        _ section: ByteReader, link: Link, tunnelEnd: Int? = nil, opensTunnels: Bool = true, into detail: inout FlowDetail
    ) -> Bool {
        var outer = PacketHeaders()
        guard outer.read(section, link: link) else { return false }
        var inner = PacketHeaders()
        guard opensTunnels, let identifier = readTunnelled(&inner, in: outer, of: section, tunnelEnd: tunnelEnd) else {
            outer.fill(&detail)
            return true
        }
        inner.fill(&detail)
        detail.tunnelSource = outer.source
        detail.tunnelDestination = outer.destination
        detail.tunnelVNI = identifier
        return true
    }

    /// Reads the packet inside `outer`; returns the tunnel's key, or nil where there is no tunnel, or its packet's addresses are cut off.
    private static func readTunnelled(_ inner: inout PacketHeaders, in outer: PacketHeaders, of section: ByteReader, tunnelEnd: Int?) -> UInt64? {
        if let tunnel = PacketTunnel(outer) {
            if inner.read(tunnel.payload, link: tunnel.link) { return UInt64(tunnel.identifier) }
            inner = PacketHeaders()
        }
        guard let tunnelEnd else { return nil }
        // sFlow's decapsulation records don't say what the inner header is: a frame if it reads as one that holds IP, else a bare IP packet.
        var rest = section
        guard tunnelEnd > 0, rest.skip(tunnelEnd) else { return nil }
        if inner.read(rest, link: .ethernet), inner.ipOffset != nil { return 0 }
        inner = PacketHeaders()
        return inner.read(rest, link: .ip) ? 0 : nil
    }
}
