import Glibc

/// A call to the kernel that failed, in words for whoever has to act on it.
package struct SocketError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was being done, and with which address: `listen :2055`.
    package let action: String
    /// The error number (`EADDRINUSE`, …).
    package let code: Int32
    /// The likely reason or remedy, where there is one.
    package let hint: String?

    package init(_ action: String, code: Int32, hint: String? = nil) {
        self.action = action
        self.code = code
        self.hint = hint ?? Self.usualHint(code)
    }

    package var description: String {
        let text = unsafe String(cString: strerror(code))
        return "\(action): \(text)" + (hint.map { " (\($0))" } ?? "")
    }

    private static func usualHint(_ code: Int32) -> String? {
        switch code {
        case EADDRNOTAVAIL: "is it an address of this machine?"
        case EACCES: "ports below 1024 need the capability CAP_NET_BIND_SERVICE"
        case EMFILE: "the process may not open more files: raise its limit, `ulimit -n`"
        default: nil
        }
    }
}

/// The result of a C function that answers -errno where it failed.
@discardableResult
func checked(_ result: Int32, _ action: @autoclosure () -> String, hint: String? = nil) throws(SocketError) -> Int32 {
    guard result >= 0 else { throw SocketError(action(), code: -result, hint: hint) }
    return result
}
