import FlowModel

/// One packet of a capture.
package struct CapturedPacket: Sendable {
    /// When it was captured; `.unknown` where the file doesn't tell.
    package let timestamp: Timestamp
    /// What its first octet belongs to.
    package let linkType: LinkType
    /// Octets on the wire; `bytes` has fewer where the capture cut them off.
    package let originalLength: Int
    /// What was captured. It is a part of the reader's buffer: whoever keeps it past the next packet costs a copy of that.
    package let bytes: ArraySlice<UInt8>
}

/// What a captured packet begins with (tcpdump.org/linktypes.html).
package struct LinkType: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// BSD loopback: an address family in the byte order of the machine that captured.
    package static let null = LinkType(rawValue: 0)
    package static let ethernet = LinkType(rawValue: 1)
    /// Raw IP, as it is written in files.
    package static let raw = LinkType(rawValue: 101)
    /// OpenBSD loopback: an address family in network byte order.
    package static let loop = LinkType(rawValue: 108)
    /// Linux "cooked" capture.
    package static let linuxCooked = LinkType(rawValue: 113)
    package static let ipv4 = LinkType(rawValue: 228)
    package static let ipv6 = LinkType(rawValue: 229)
    /// Linux "cooked" capture, version 2.
    package static let linuxCooked2 = LinkType(rawValue: 276)
    /// Raw IP as some systems number it.
    package static let rawBSD = LinkType(rawValue: 12)
    /// Raw IP as OpenBSD numbers it.
    package static let rawOpenBSD = LinkType(rawValue: 14)
}
