/// A cipher suite of TLS up to 1.2, by the name that IANA and Go give it, and what it consists of in GnuTLS' words.
enum TLSCipherSuite: String, Sendable, CaseIterable {
    case ecdsaAES128GCM = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
    case ecdsaAES256GCM = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
    case ecdsaChaCha20 = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
    case ecdsaAES128CBC = "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"
    case ecdsaAES256CBC = "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"
    case rsaAES128GCM = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
    case rsaAES256GCM = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
    case rsaChaCha20 = "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"
    case rsaAES128CBC = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"
    case rsaAES256CBC = "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"

    var keyExchange: String { rawValue.contains("_ECDSA_") ? "ECDHE-ECDSA" : "ECDHE-RSA" }

    var cipher: String {
        switch self {
        case .ecdsaAES128GCM, .rsaAES128GCM: "AES-128-GCM"
        case .ecdsaAES256GCM, .rsaAES256GCM: "AES-256-GCM"
        case .ecdsaChaCha20, .rsaChaCha20: "CHACHA20-POLY1305"
        case .ecdsaAES128CBC, .rsaAES128CBC: "AES-128-CBC"
        case .ecdsaAES256CBC, .rsaAES256CBC: "AES-256-CBC"
        }
    }

    /// Whether the cipher authenticates what it encrypts; TLS 1.3 has no others.
    var isAuthenticating: Bool { !rawValue.hasSuffix("_SHA") }

    /// The suites that GnuTLS takes beside these, since it chooses key exchange and cipher each for itself.
    static func implied(by suites: [Self]) -> [Self] {
        let exchanges = Set(suites.map(\.keyExchange))
        let ciphers = Set(suites.map(\.cipher))
        return allCases.filter { exchanges.contains($0.keyExchange) && ciphers.contains($0.cipher) && !suites.contains($0) }
    }
}
