import Glibc

/// IP addresses in certificates.
enum IPName {
    /// The address in its usual spelling; none where the octets are no address.
    static func text(of octets: ArraySlice<UInt8>) -> [String] {
        let family: Int32
        switch octets.count {
        case 4: family = AF_INET
        case 16: family = AF_INET6
        default: return []
        }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let octets = Array(octets)
        guard unsafe inet_ntop(family, octets, &text, socklen_t(text.count)) != nil else { return [] }
        return [String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)]
    }
}
