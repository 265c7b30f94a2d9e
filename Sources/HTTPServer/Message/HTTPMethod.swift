/// A request's method, as spelled by the client (RFC 9110 §9).
package struct HTTPMethod: RawRepresentable, Sendable, Hashable {
    package let rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    package static let get = Self(rawValue: "GET")
    package static let head = Self(rawValue: "HEAD")
    package static let post = Self(rawValue: "POST")

    /// Whether it only asks, and changes nothing (RFC 9110 §9.2.1).
    package var isSafe: Bool {
        self == .get || self == .head || rawValue == "OPTIONS" || rawValue == "TRACE"
    }
}
