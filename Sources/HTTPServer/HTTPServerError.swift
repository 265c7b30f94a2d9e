import Glibc

/// Why a server does not serve.
package enum HTTPServerError: Error, Equatable, CustomStringConvertible {
    /// The text is not an address to listen on.
    case invalidAddress(String, reason: String)
    /// The system refused; `code` is an `errno`.
    case cannotListen(address: String, code: Int32)
    /// libmicrohttpd did not start its threads.
    case cannotStart(address: String)

    package var description: String {
        switch self {
        case .invalidAddress(let text, let reason): "\"\(text)\" is not an address to listen on: \(reason) (try :9478, 127.0.0.1:9478 or [::1]:9478)"
        case .cannotListen(let address, let code): unsafe "cannot listen on \(address): \(String(cString: strerror(code)))"
        case .cannotStart(let address): "cannot start the HTTP server on \(address)"
        }
    }
}
