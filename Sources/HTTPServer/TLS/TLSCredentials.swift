import CGnuTLS
import Glibc

/// Why certificates and keys cannot be used, and which of them it is.
struct TLSCredentialsError: Error {
    enum Part {
        case certificate
        case key
        case clientAuthority
        case priorities
    }

    var part: Part
    /// Worded to follow the part's name.
    var message: String
}

/// A certificate with its key, the authority of clients' certificates, and what is agreed upon with clients, ready for GnuTLS.
///
/// It is never changed: what is read from new files is another one, and connections keep the one they began with.
@safe final class TLSCredentials: @unchecked Sendable {
    let configuration: TLSConfiguration
    // Both are only read once they are made.
    private let certificates: gnutls_certificate_credentials_t
    private let priorities: gnutls_priority_t

    /// Makes them of texts in PEM. An authority is needed where the configuration verifies clients.
    ///
    /// - Parameter now: seconds since 1970, at which the certificate must not have expired.
    init(
        _ configuration: TLSConfiguration, certificate: [UInt8], key: [UInt8], clientAuthority: [UInt8]?, now: Int
    ) throws(TLSCredentialsError) {
        self.configuration = configuration
        try Self.check(certificate: certificate, now: now)
        try Self.check(key: key)
        var made: gnutls_certificate_credentials_t?
        var agreed: gnutls_priority_t?
        let code = unsafe gnutls_certificate_allocate_credentials(&made)
        guard let certificates = unsafe made else { throw Self.failure(.certificate, code) }
        do throws(TLSCredentialsError) {
            let code = unsafe PEM.withDatum(certificate) { certificate in
                unsafe PEM.withDatum(key) { key in
                    unsafe gnutls_certificate_set_x509_key_mem2(certificates, &certificate, &key, GNUTLS_X509_FMT_PEM, nil, 0)
                }
            }
            if code == GNUTLS_E_CERTIFICATE_KEY_MISMATCH { throw TLSCredentialsError(part: .key, message: "does not belong to the certificate") }
            guard code >= 0 else { throw Self.failure(.certificate, code) }
            if let clientAuthority {
                let count = unsafe PEM.withDatum(clientAuthority) { authority in
                    unsafe gnutls_certificate_set_x509_trust_mem(certificates, &authority, GNUTLS_X509_FMT_PEM)
                }
                guard count > 0 else { throw TLSCredentialsError(part: .clientAuthority, message: "holds no certificate in PEM") }
            }
            let result = unsafe gnutls_priority_init(&agreed, configuration.priorities, nil)
            guard result == 0, unsafe agreed != nil else { throw Self.failure(.priorities, result) }
        } catch {
            unsafe gnutls_certificate_free_credentials(certificates)
            throw error
        }
        guard let priorities = unsafe agreed else { throw Self.failure(.priorities, 0) }
        unsafe self.certificates = unsafe certificates
        unsafe self.priorities = unsafe priorities
    }

    deinit {
        unsafe gnutls_priority_deinit(priorities)
        unsafe gnutls_certificate_free_credentials(certificates)
    }

    /// Makes a session that has not begun use these; they must outlive it. False where GnuTLS refuses, and the session must not go on.
    func apply(to session: gnutls_session_t) -> Bool {
        guard unsafe gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, UnsafeMutableRawPointer(certificates)) == 0,
            unsafe gnutls_priority_set(session, priorities) == 0
        else { return false }
        guard configuration.clientAuthentication != .none else {
            unsafe gnutls_certificate_server_set_request(session, GNUTLS_CERT_IGNORE)
            return true
        }
        // Not GNUTLS_CERT_REQUIRE, which refuses without a word to the client or to us; the function below is asked about missing certificates as well.
        unsafe gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST)
        unsafe gnutls_session_set_verify_function(session, verifyClient)
        return true
    }

    // MARK: Checks

    private static func check(certificate: [UInt8], now: Int) throws(TLSCredentialsError) {
        var parsed: gnutls_x509_crt_t?
        guard unsafe gnutls_x509_crt_init(&parsed) == 0, let leaf = unsafe parsed else {
            throw TLSCredentialsError(part: .certificate, message: "cannot be read: no memory")
        }
        defer { unsafe gnutls_x509_crt_deinit(leaf) }
        let code = unsafe PEM.withDatum(certificate) { unsafe gnutls_x509_crt_import(leaf, &$0, GNUTLS_X509_FMT_PEM) }
        guard code == 0 else { throw failure(.certificate, code, "is not a certificate in PEM") }
        let expiry = unsafe gnutls_x509_crt_get_expiration_time(leaf)
        guard expiry > now else {
            throw TLSCredentialsError(part: .certificate, message: "expired on \(Self.date(expiry))")
        }
    }

    private static func check(key: [UInt8]) throws(TLSCredentialsError) {
        var parsed: gnutls_x509_privkey_t?
        guard unsafe gnutls_x509_privkey_init(&parsed) == 0, let made = unsafe parsed else {
            throw TLSCredentialsError(part: .key, message: "cannot be read: no memory")
        }
        defer { unsafe gnutls_x509_privkey_deinit(made) }
        let code = unsafe PEM.withDatum(key) { unsafe gnutls_x509_privkey_import2(made, &$0, GNUTLS_X509_FMT_PEM, nil, 0) }
        if code == GNUTLS_E_DECRYPTION_FAILED { throw TLSCredentialsError(part: .key, message: "is encrypted, which is not supported") }
        guard code == 0 else { throw failure(.key, code, "is not a private key in PEM") }
    }

    private static func failure(_ part: TLSCredentialsError.Part, _ code: Int32, _ message: String = "cannot be used") -> TLSCredentialsError {
        unsafe TLSCredentialsError(part: part, message: "\(message): \(String(cString: gnutls_strerror(code)))")
    }

    private static func date(_ seconds: Int) -> String {
        var seconds = seconds
        var fields = unsafe tm()
        unsafe gmtime_r(&seconds, &fields)
        var text = [CChar](repeating: 0, count: 32)
        let length = unsafe strftime(&text, text.count, "%Y-%m-%d %H:%M:%S UTC", &fields)
        return String(decoding: text.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Text in PEM as GnuTLS takes it.
enum PEM {
    /// Calls `body` with the octets, which are valid until it returns.
    static func withDatum(_ bytes: [UInt8], _ body: (inout gnutls_datum_t) -> Int32) -> Int32 {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            var datum = unsafe gnutls_datum_t(data: UnsafeMutablePointer(mutating: buffer.baseAddress), size: UInt32(clamping: buffer.count))
            return unsafe body(&datum)
        }
    }
}
