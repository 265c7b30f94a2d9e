import CGnuTLS
import CMicroHTTPD

/// What a client's certificate says of who it is.
struct ClientCertificate: Sendable, Equatable {
    /// The distinguished name (RFC 4514).
    var subject: String
    /// The alternative names of the kinds that can be allowed: DNS names, e-mail addresses, URIs and IP addresses.
    var names: [String]
    /// Whether an authority vouches for it that the configuration names.
    var isVerified: Bool

    /// Reads the first certificate that the client of a session sent; nil where it sent none, or one that cannot be read.
    init?(of session: gnutls_session_t, isVerified: Bool) {
        var count: UInt32 = 0
        guard let sent = unsafe gnutls_certificate_get_peers(session, &count), count > 0 else { return nil }
        var parsed: gnutls_x509_crt_t?
        guard unsafe gnutls_x509_crt_init(&parsed) == 0, let certificate = unsafe parsed else { return nil }
        defer { unsafe gnutls_x509_crt_deinit(certificate) }
        guard unsafe gnutls_x509_crt_import(certificate, sent, GNUTLS_X509_FMT_DER) == 0 else { return nil }
        subject = unsafe Self.subject(of: certificate)
        names = unsafe Self.names(of: certificate)
        self.isVerified = isVerified
    }

    private static func subject(of certificate: gnutls_x509_crt_t) -> String {
        var text = [CChar](repeating: 0, count: 1024)
        var size = text.count
        guard unsafe gnutls_x509_crt_get_dn(certificate, &text, &size) == 0 else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Beyond so many, names are not looked at.
    private static let maximumNames: UInt32 = 100

    private static func names(of certificate: gnutls_x509_crt_t) -> [String] {
        var names: [String] = []
        for index in 0..<maximumNames {
            var bytes = [UInt8](repeating: 0, count: 1024)
            var size = bytes.count
            let kind = unsafe gnutls_x509_crt_get_subject_alt_name(certificate, index, &bytes, &size, nil)
            if kind == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE { break }
            // A name that does not fit is none that anybody has allowed.
            guard kind >= 0, size <= bytes.count else { continue }
            let value = bytes[..<size]
            switch UInt32(kind) {
            case GNUTLS_SAN_DNSNAME.rawValue, GNUTLS_SAN_RFC822NAME.rawValue, GNUTLS_SAN_URI.rawValue:
                // A NUL in the middle has been used to pass for a shorter name.
                if !value.contains(0), let text = String(validating: value, as: UTF8.self) { names.append(text) }
            case GNUTLS_SAN_IPADDRESS.rawValue:
                names.append(contentsOf: IPName.text(of: value))
            default: break
            }
        }
        return names
    }
}

/// GnuTLS' `gnutls_certificate_verify_function`: called in the handshake, when the client has sent its certificates or said that it has none. Anything but
/// 0 ends the handshake.
func verifyClient(_ session: gnutls_session_t?) -> Int32 {
    guard let session = unsafe session, let pointer = unsafe gnutls_session_get_ptr(session),
        let client = unsafe Connection(OpaquePointer(pointer)).client, let configuration = client.door?.credentials?.configuration
    else { return GNUTLS_E_CERTIFICATE_ERROR }
    guard let problem = unsafe examine(session, of: client, configuration) else { return 0 }
    client.note(.clientCertificate)
    // libmicrohttpd would close without a word.
    unsafe gnutls_alert_send(session, GNUTLS_AL_FATAL, problem)
    return GNUTLS_E_CERTIFICATE_ERROR
}

/// What is wrong with the certificates of a client; nil where nothing is.
private func examine(_ session: gnutls_session_t, of client: Client, _ configuration: TLSConfiguration) -> gnutls_alert_description_t? {
    var count: UInt32 = 0
    guard unsafe gnutls_certificate_get_peers(session, &count) != nil, count > 0 else {
        return configuration.admits(nil) ? nil : GNUTLS_A_CERTIFICATE_REQUIRED
    }
    let verifies = configuration.clientAuthentication.verifies
    if verifies, unsafe !isTrusted(session) { return GNUTLS_A_BAD_CERTIFICATE }
    guard let certificate = unsafe ClientCertificate(of: session, isVerified: verifies), configuration.admits(certificate) else {
        return GNUTLS_A_BAD_CERTIFICATE
    }
    client.identify(certificate)
    return nil
}

/// Whether the chain that the client sent leads to the authority, is valid now, and is meant for clients.
private func isTrusted(_ session: gnutls_session_t) -> Bool {
    var purpose = Array("1.3.6.1.5.5.7.3.2".utf8) + [0]  // id-kp-clientAuth, RFC 5280 §4.2.1.12
    var status = UInt32.max
    let code = unsafe purpose.withUnsafeMutableBufferPointer { purpose in
        var data = unsafe gnutls_typed_vdata_st(type: GNUTLS_DT_KEY_PURPOSE_OID, data: purpose.baseAddress, size: 0)
        return unsafe gnutls_certificate_verify_peers(session, &data, 1, &status)
    }
    return code == 0 && status == 0
}

extension TLSConfiguration {
    /// Whether a connection whose client showed this certificate, or none, may be used; the handshake has asked the same, but under what held then.
    func admits(_ certificate: ClientCertificate?) -> Bool {
        guard let certificate else { return !clientAuthentication.isRequired }
        if clientAuthentication.verifies, !certificate.isVerified { return false }
        return allowedNames.map { !$0.isDisjoint(with: certificate.names) } ?? true
    }
}
