/// Whom a client trusts, and who it says it is.
///
/// libcurl's GnuTLS of Debian 12 takes certificates and keys only from files: it refuses `CURLOPT_CAINFO_BLOB`, and takes `CURLOPT_SSLCERT_BLOB` and
/// `CURLOPT_SSLKEY_BLOB` without using them. So octets become files in memory (`MemoryFile`), which have no name in any folder and end with the process.
/// Files that are named are read at each new connection; one that stands already goes on with what was read for it, and is not taken for a new
/// exchange when it has been idle for a minute.
package struct TLSOptions: Sendable, Equatable {
    /// Certificates or a key in PEM.
    package enum PEM: Sendable, Equatable {
        case octets([UInt8])
        /// The path of a file.
        case file(String)
    }

    /// Who vouches for servers.
    package enum Authority: Sendable, Equatable {
        /// Whom the system trusts.
        case system
        /// These and nobody else.
        case certificates(PEM)
    }

    /// What a client shows where it is asked to.
    package struct ClientCertificate: Sendable, Equatable {
        /// The certificate, and behind it those between it and the authority.
        package var certificate: PEM
        /// Not encrypted.
        package var key: PEM

        /// A certificate with the key that belongs to it.
        package init(certificate: PEM, key: PEM) {
            self.certificate = certificate
            self.key = key
        }
    }

    package var certificateAuthority: Authority
    package var clientCertificate: ClientCertificate?
    /// The name that the server is asked for and must prove to have, where it is not the one in the URL. The `Host` header stays the URL's.
    package var serverName: String?
    /// Whether a server may be anybody.
    package var skipsVerification: Bool

    /// Servers are verified; what is not said is the system's.
    package init(
        certificateAuthority: Authority = .system, clientCertificate: ClientCertificate? = nil, serverName: String? = nil,
        skipsVerification: Bool = false
    ) {
        self.certificateAuthority = certificateAuthority
        self.clientCertificate = clientCertificate
        self.serverName = serverName
        self.skipsVerification = skipsVerification
    }
}

extension TLSOptions.PEM: CustomStringConvertible {
    package var description: String {
        switch self {
        case .octets: "<secret>"
        case .file(let path): path
        }
    }
}
