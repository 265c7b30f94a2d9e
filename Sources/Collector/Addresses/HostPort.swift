/// `HOST:PORT` taken apart; an IPv6 address stands in brackets, and the host may be empty.
struct HostPort {
    var host: Substring
    /// Whether the host stood in brackets, so that it can only be an IPv6 address.
    var isBracketed: Bool
    var port: UInt16

    /// Reads `text`; `examples` is what an error recommends.
    init(_ text: String, examples: String) throws(AddressError) {
        func refused(_ reason: String) -> AddressError { AddressError(text: text, reason: "\(reason) (try \(examples))") }

        guard let colon = text.lastIndex(of: ":") else { throw refused("has no port") }
        host = text[..<colon]
        isBracketed = host.first == "["
        if isBracketed {
            guard host.last == "]" else { throw refused("has no port behind its \"]\"") }
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw refused("has an IPv6 address without brackets")
        }

        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty else { throw refused("has no port") }
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits) else {
            throw refused("has a port that is not a number from 0 to 65535")
        }
        self.port = port
    }
}
