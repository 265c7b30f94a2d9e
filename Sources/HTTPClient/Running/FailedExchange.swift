import CCurl
import Glibc

/// What is known when libcurl gives an exchange up, and what that means.
struct FailedExchange {
    var code: CURLcode
    /// libcurl's own words; they may name a proxy or what a certificate says, but nothing of the request.
    var detail: String
    /// The `errno` of the last connection that failed, 0 where there is none.
    var systemError: Int32
    /// Whether the request was about to be sent.
    var isConnected: Bool
    var hasHead: Bool
    var isNameResolved: Bool
    var connectTimeout: Duration
    var target: Target
    var tls: TLSOptions

    var kind: HTTPFailure.Kind {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .resolve
        case CURLE_COULDNT_CONNECT, CURLE_PROXY: .connect
        case CURLE_OPERATION_TIMEDOUT: isNameResolved ? .connect : .resolve
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_USE_SSL_FAILED:
            .tls
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR: isRefusedByPeer ? .tls : !isConnected ? .connect : isMischunked ? .other : .cut
        case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING: .cut
        default: .other
        }
    }

    /// Without the name of the target.
    var reason: String {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST: "its name has no address"
        case CURLE_COULDNT_RESOLVE_PROXY: "the proxy's name has no address"
        case CURLE_COULDNT_CONNECT:
            systemError == 0 ? words("no connection") : words("no connection: \(unsafe String(cString: strerror(systemError)))")
        case CURLE_OPERATION_TIMEDOUT: late
        case CURLE_SSL_CACERT_BADFILE: authorityUnreadable
        case CURLE_SSL_CONNECT_ERROR where isClientCertificateUnusable: clientCertificateUnusable
        case CURLE_PEER_FAILED_VERIFICATION: "its certificate is not trusted\(because)"
        case CURLE_RECV_ERROR where isRefusedByPeer, CURLE_SEND_ERROR where isRefusedByPeer: "it ended the encrypted connection\(because)"
        case CURLE_PARTIAL_FILE: "the connection ended in the middle of the answer"
        case CURLE_GOT_NOTHING: "the connection ended before the answer"
        case CURLE_RECV_ERROR where isMischunked: "the answer's body is not chunked as it says"
        case CURLE_RECV_ERROR where isConnected, CURLE_SEND_ERROR where isConnected: "the connection broke\(because)"
        default: words(unsafe String(cString: curl_easy_strerror(code)))
        }
    }

    /// A client's certificate is refused by an alert behind the handshake (RFC 8446 §4.4.2.4: with TLS 1.3 the server looks at it when the client is done).
    private var isRefusedByPeer: Bool {
        target.isTLS && !hasHead && detail.contains("alert")
    }

    /// libcurl has no code of its own for it.
    private var isMischunked: Bool { detail.contains("chunked-encoding") }

    private var isClientCertificateUnusable: Bool { tls.clientCertificate != nil && detail.hasPrefix("error reading X.509") }

    private var clientCertificateUnusable: String {
        let parts = [tls.clientCertificate?.certificate, tls.clientCertificate?.key]
        let files = parts.compactMap { part in if case .file(let path) = part { path } else { nil } }
        let place = files.isEmpty ? "" : " (\(files.joined(separator: ", ")))"
        return "the client certificate and its key cannot be read or do not belong together\(place): they must be in PEM, the key not encrypted"
    }

    private var late: String {
        isNameResolved ? "no connection within \(connectTimeout)" : "its name was not resolved within \(connectTimeout)"
    }

    private var authorityUnreadable: String {
        if case .certificates(.file(let path)) = tls.certificateAuthority {
            return "the authority's file \(path) cannot be read, or holds no certificate in PEM"
        }
        return "the authority's certificates cannot be read: they must be in PEM"
    }

    private func words(_ text: String) -> String {
        detail.isEmpty || detail.hasPrefix("Failed to connect to \(target.name.prefix { $0 != ":" })") ? text : text + because
    }

    private var because: String {
        // GnuTLS names the file that it was given, which is one in memory.
        let words = detail.split(separator: ". CAfile", maxSplits: 1).first ?? ""
        let text = String(words.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.prefix(200).map(Character.init))
        return text.isEmpty ? "" : " (\(text))"
    }
}
