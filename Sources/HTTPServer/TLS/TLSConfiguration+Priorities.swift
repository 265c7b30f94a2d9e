extension TLSConfiguration {
    /// The configuration as a GnuTLS priority string.
    ///
    /// Nothing but elliptic curves exchanges keys, as in Go: that gives forward secrecy, and no parameters to make.
    var priorities: String {
        var words = ["NORMAL", "-VERS-ALL"]
        for version in Version.allCases.reversed() where version >= minimumVersion && version <= maximumVersion {
            words.append("+VERS-TLS\(version.rawValue.dropFirst(3).dropLast()).\(version.rawValue.dropFirst(4))")
        }
        if cipherSuites.isEmpty {
            words += ["-KX-ALL", "+ECDHE-ECDSA", "+ECDHE-RSA"]
        } else {
            words += ["-KX-ALL"] + cipherSuites.map { "+\($0.keyExchange)" }.withoutRepeats
            words += ["-CIPHER-ALL"] + cipherSuites.map { "+\($0.cipher)" }.withoutRepeats
            words.append("-MAC-ALL")
            if cipherSuites.contains(where: \.isAuthenticating) { words.append("+AEAD") }
            if cipherSuites.contains(where: { !$0.isAuthenticating }) { words.append("+SHA1") }
        }
        if !curves.isEmpty { words += ["-GROUP-ALL"] + curves.map { "+\($0.group)" } }
        if prefersOwnOrder { words.append("%SERVER_PRECEDENCE") }
        return words.joined(separator: ":")
    }
}

extension TLSConfiguration.Curve {
    /// GnuTLS' name for it.
    fileprivate var group: String {
        switch self {
        case .x25519: "GROUP-X25519"
        case .p256: "GROUP-SECP256R1"
        case .p384: "GROUP-SECP384R1"
        case .p521: "GROUP-SECP521R1"
        }
    }
}

extension [String] {
    fileprivate var withoutRepeats: [String] {
        reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}
