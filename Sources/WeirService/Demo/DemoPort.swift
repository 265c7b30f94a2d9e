import Foundation

/// An address that nobody has: asked for before anything is done, so that what stands in the way is said at once.
enum DemoPort {
    /// What stands in the way, and what to do about it.
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    /// The address with a port that nobody has, at the moment: its own, or where it is 0 one of the kernel's choice.
    ///
    /// - Parameters:
    ///   - option: with which another one can be asked for.
    ///   - isDatagrams: UDP, and not TCP.
    @discardableResult
    static func free(_ address: String, option: String, isDatagrams: Bool = false) throws(Problem) -> String {
        let parts = address.split(separator: ":")
        guard parts.count == 2, let port = UInt16(parts[1]), let host = in_addr(text: String(parts[0])) else {
            throw Problem(description: "\(option) takes an IPv4 address and a port, such as 127.0.0.1:9090, and not \"\(address)\"")
        }
        let descriptor = socket(AF_INET, Int32((isDatagrams ? SOCK_DGRAM : SOCK_STREAM).rawValue), 0)
        defer { close(descriptor) }
        // As servers bind: what has just ended is no hindrance.
        var reuse: Int32 = 1
        if !isDatagrams { unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size)) }
        var bound = sockaddr_in()
        bound.sin_family = sa_family_t(AF_INET)
        bound.sin_port = port.bigEndian
        bound.sin_addr = host
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isFree = unsafe withUnsafeMutablePointer(to: &bound) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard isFree else {
            throw Problem(
                description: "\(address) is in use, or is no address of this machine: name another one with \(option) 127.0.0.1:PORT (0: any)")
        }
        return "\(parts[0]):\(UInt16(bigEndian: bound.sin_port))"
    }
}

extension in_addr {
    /// Reads dotted-decimal text; nil where it is none.
    fileprivate init?(text: String) {
        self.init()
        guard unsafe inet_pton(AF_INET, text, &self) == 1 else { return nil }
    }
}
