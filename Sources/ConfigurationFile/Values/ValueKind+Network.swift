import FlowModel

extension ValueKind where Value == IPAddress {
    /// An IPv4 or IPv6 address.
    package static var address: ValueKind {
        ValueKind("an IP address", try: "192.0.2.1, 2001:db8::1") { text throws(ValueError) in
            if text.contains("/") { throw ValueError("is a network where one address is wanted (try 192.0.2.1, 2001:db8::1)") }
            return IPAddress(text)
        }
    }
}

extension ValueKind where Value == IPNetwork {
    /// A network in CIDR notation, or one address; bits behind the prefix are dropped.
    package static var network: ValueKind {
        ValueKind("a network", try: "10.0.0.0/8, \"2001:db8::/32\"") { text throws(ValueError) in
            if let network = IPNetwork(text) { return network }
            let parts = text.split(separator: "/", maxSplits: 1)
            guard parts.count == 2, let address = IPAddress(parts[0]) else { return nil }
            throw ValueError("has no prefix length of 0 to \(address.isV4 ? 32 : 128)")
        }
    }
}

extension ValueKind where Value == String {
    /// Where to listen: `:PORT` (all addresses), `IPv4:PORT` or `[IPv6]:PORT`; port 0 lets the kernel choose.
    package static var listenAddress: ValueKind {
        ValueKind("an address to listen on", try: "\":2055\", \"192.0.2.1:2055\", \"[2001:db8::1]:2055\"") { text throws(ValueError) in
            guard let colon = text.lastIndex(of: ":") else {
                throw ValueError(UInt16(text) == nil ? "has no port (try \"\(text):2055\")" : "is only a port (try \":\(text)\")")
            }
            let port = text[text.index(after: colon)...]
            guard !port.isEmpty, port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), UInt16(port) != nil else {
                throw ValueError("has no port of 0 to 65535")
            }
            let host = text[..<colon]
            if host.isEmpty { return text }
            if host.hasPrefix("["), host.hasSuffix("]") {
                return host.contains(":") && IPAddress(host.dropFirst().dropLast()) != nil ? text : nil
            }
            if host.contains(":"), IPAddress(host) != nil { throw ValueError("needs its IPv6 address in brackets (try \"[\(host)]:\(port)\")") }
            return IPAddress(host) == nil ? nil : text
        }
    }

    /// An `http` or `https` address, without query or fragment; a slash at its end is dropped.
    package static var url: ValueKind {
        ValueKind("a URL", try: "https://weir.example.org") { text throws(ValueError) in
            guard let scheme = ["https://", "http://"].first(where: text.lowercased().hasPrefix) else {
                throw ValueError("is not a URL of http or https (try https://weir.example.org)")
            }
            let host = text.dropFirst(scheme.count).prefix { $0 != "/" }
            let visible = text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"\"<>\\^`{|}".utf8.contains($0) }
            guard visible, let first = host.first, first != ":" else { return nil }
            if text.contains("?") || text.contains("#") { throw ValueError("has a query or fragment, which cannot be part of it") }
            if host.contains("@") { throw ValueError("has a user name or password in it, which others would see") }
            return text.hasSuffix("/") ? String(text.dropLast()) : text
        }
    }
}
