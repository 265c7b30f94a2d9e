/// What `tls_server_config` says, but for the certificates themselves.
struct TLSConfiguration: Sendable, Equatable {
    /// Whether clients show certificates, in the words and with the meaning of Go's `tls.ClientAuthType`.
    enum ClientAuthentication: String, Sendable, CaseIterable {
        case none = "NoClientCert"
        case request = "RequestClientCert"
        case requireAny = "RequireAnyClientCert"
        /// An older word for `RequireAnyClientCert`.
        case require = "RequireClientCert"
        case verifyIfGiven = "VerifyClientCertIfGiven"
        case requireAndVerify = "RequireAndVerifyClientCert"

        /// Whether a connection without a certificate is refused.
        var isRequired: Bool { self == .requireAny || self == .require || self == .requireAndVerify }
        /// Whether a certificate must come from the authority that is named.
        var verifies: Bool { self == .verifyIfGiven || self == .requireAndVerify }
    }

    /// A version of TLS as it is written in the file.
    enum Version: String, Sendable, CaseIterable, Comparable {
        case tls10 = "TLS10"
        case tls11 = "TLS11"
        case tls12 = "TLS12"
        case tls13 = "TLS13"

        static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    /// An elliptic curve for the key exchange, by Go's name.
    enum Curve: String, Sendable, CaseIterable {
        case x25519 = "X25519"
        case p256 = "CurveP256"
        case p384 = "CurveP384"
        case p521 = "CurveP521"
    }

    var clientAuthentication = ClientAuthentication.none
    /// Names of which a client's certificate must have one; nil: any will do.
    var allowedNames: Set<String>?
    var minimumVersion = Version.tls12
    var maximumVersion = Version.tls13
    /// None: all that GnuTLS takes for secure.
    var cipherSuites: [TLSCipherSuite] = []
    /// None: all of them.
    var curves: [Curve] = []
    /// Whether the server's order of ciphers and curves goes before the client's.
    var prefersOwnOrder = true
}
