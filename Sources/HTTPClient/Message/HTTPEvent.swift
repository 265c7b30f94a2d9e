/// What happens to an exchange: one `head`, any number of `octets`, and always one `end`, which may come first.
package enum HTTPEvent: Sendable {
    case head(HTTPResponseHead)
    /// The next part of the body, at most 16 KiB, decompressed; never empty.
    case octets([UInt8])
    /// Nothing follows. Nil: all of the answer has come, whatever its status.
    case end(HTTPFailure?)
}

/// The beginning of an answer.
package struct HTTPResponseHead: Sendable {
    /// 200 to 999; answers before the last one (1xx) are left out, redirections are not followed.
    package var status: Int
    /// In the order sent, names in lower case. `content-length` and `content-encoding` are those of the body as it was sent, before it was decompressed.
    package var headers: [(name: String, value: String)]

    /// A head as a test puts it together.
    package init(status: Int, headers: [(name: String, value: String)] = []) {
        self.status = status
        self.headers = headers
    }

    /// The header's value; several are one list (RFC 9110 §5.3).
    ///
    /// - Parameter name: in lower case.
    package func header(_ name: String) -> String? {
        let values = headers.filter { $0.name == name }.map(\.value)
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }
}

/// Why an exchange ended before all of the answer had come.
package struct HTTPFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable, CaseIterable {
        /// By `HTTPExchange.cancel` or `HTTPTransport.stop`.
        case cancelled
        /// The server's or the proxy's name has no address.
        case resolve
        /// No connection came about, or none within `connectTimeout`, TLS's handshake included.
        case connect
        /// No encrypted connection came about, or the other end took it back: certificates, names, versions.
        case tls
        /// Nothing came for as long as `stallLimit`.
        case stalled
        /// It was not done within `totalTimeout`.
        case timeout
        /// The connection ended in the middle.
        case cut
        /// The request cannot be sent, or the answer is none.
        case other
    }

    package var kind: Kind
    /// `HOST:PORT: ` and what went wrong. Nothing of the URL but its host and port, and nothing of headers or body.
    package var message: String

    /// A failure as its parts say.
    package init(kind: Kind, message: String) {
        self.kind = kind
        self.message = message
    }

    package var description: String { message }
}
