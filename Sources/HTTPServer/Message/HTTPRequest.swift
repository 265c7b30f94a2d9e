/// What a client asks for.
package struct HTTPRequest: Sendable {
    /// A header or a part of the query.
    package struct Field: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Who sent it, where the server made sure of that.
    package enum Identity: Sendable, Equatable, CustomStringConvertible {
        /// By a password.
        case user(String)
        /// By a certificate that the configured authority vouches for; its subject.
        case certificate(String)

        package var description: String {
            switch self {
            case .user(let name): "user \(name)"
            case .certificate(let subject): "certificate \(subject)"
            }
        }
    }

    package var method: HTTPMethod
    /// Without the query, %-escapes resolved.
    package var path: String
    /// In the order sent, `+` and %-escapes resolved; the value is empty where there was none.
    package var query: [Field]
    /// In the order sent.
    package var headers: [Field]
    package var body: [UInt8]
    /// The client's IP address, without its port; IPv4 in its own spelling on whatever socket it came.
    package var remoteAddress: String
    /// Nil where nobody was asked who it is.
    package var identity: Identity?

    /// A request as a test or the server puts it together.
    package init(
        method: HTTPMethod, path: String, query: [Field] = [], headers: [Field] = [], body: [UInt8] = [], remoteAddress: String = ""
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.remoteAddress = remoteAddress
    }

    /// All values of this part of the query, in the order sent: `collect[]` may stand there more than once.
    package func queryValues(_ name: String) -> [String] {
        query.filter { $0.name == name }.map(\.value)
    }

    /// The first value of this part of the query.
    package func queryValue(_ name: String) -> String? {
        query.first { $0.name == name }?.value
    }

    /// The header's value, whatever the case of its name; several are one list (RFC 9110 §5.3).
    package func header(_ name: String) -> String? {
        let lowercased = name.lowercased()
        let values = headers.filter { $0.name.lowercased() == lowercased }.map(\.value)
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }
}
