import Glibc

/// Where a connection comes from, as far as limits are concerned: an IPv4 address, or the first 64 bits of an IPv6 one, all of which one host may have.
struct ClientAddress: Hashable, Sendable {
    private let bits: UInt64
    private let isIPv4: Bool

    /// One that is not known.
    init() {
        bits = 0
        isIPv4 = false
    }

    init(_ address: UnsafePointer<sockaddr>, length: Int) {
        switch unsafe Int32(address.pointee.sa_family) {
        case AF_INET where length >= MemoryLayout<sockaddr_in>.size:
            let v4 = unsafe UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in.self)
            self.init(v4: UInt32(bigEndian: v4.sin_addr.s_addr))
        case AF_INET6 where length >= MemoryLayout<sockaddr_in6>.size:
            let v6 = unsafe UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in6.self)
            let octets = unsafe withUnsafeBytes(of: v6.sin6_addr) { unsafe Array($0) }
            // RFC 4291 §2.5.5.2: an IPv4 client of a socket for both families.
            let isIPv4 = octets[..<10].allSatisfy { $0 == 0 } && octets[10] == 0xFF && octets[11] == 0xFF
            if isIPv4 {
                self.init(v4: octets[12...].reduce(0) { $0 << 8 | UInt32($1) })
            } else {
                self.init(bits: octets[..<8].reduce(0) { $0 << 8 | UInt64($1) }, isIPv4: false)
            }
        default: self.init()
        }
    }

    private init(v4 address: UInt32) {
        self.init(bits: UInt64(address), isIPv4: true)
    }

    private init(bits: UInt64, isIPv4: Bool) {
        self.bits = bits
        self.isIPv4 = isIPv4
    }
}
