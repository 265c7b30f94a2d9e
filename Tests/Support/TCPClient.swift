import Foundation

/// A TCP connection to a port of this machine.
package final class TCPClient: Sendable {
    private let socket: Int32

    /// Connects.
    ///
    /// - Parameters:
    ///   - source: an address of 127.0.0.0/8 to connect from.
    ///   - sourcePort: a port to connect from; 0: the kernel chooses.
    package init(port: Int, from source: String = "127.0.0.1", sourcePort: UInt16 = 0) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        for (level, option) in [(SOL_SOCKET, SO_REUSEADDR), (Int32(IPPROTO_TCP), TCP_NODELAY)] {
            var on: Int32 = 1
            unsafe setsockopt(socket, level, option, &on, 4)
        }
        if source != "127.0.0.1" || sourcePort != 0 {
            try unsafe Self.call("bind \(source):\(sourcePort)", to: source, sourcePort) { [socket] in unsafe Glibc.bind(socket, $0, $1) }
        }
        try unsafe Self.call("connect to \(port)", to: "127.0.0.1", UInt16(port)) { [socket] in unsafe Glibc.connect(socket, $0, $1) }
    }

    deinit {
        Glibc.close(socket)
    }

    /// The port it connects from.
    package var sourcePort: UInt16 {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
            _ = unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(socket, $0, &length) }
        }
        return UInt16(bigEndian: address.sin_port)
    }

    /// Sends all of it; throws where the connection has ended.
    package func send(_ octets: some Collection<UInt8>) throws {
        let octets = Array(octets)
        var sent = 0
        while sent < octets.count {
            let count = unsafe octets[sent...].withUnsafeBytes { unsafe Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw DeadlinePassed(description: "send: error \(errno)") }
            sent += count
        }
    }

    /// Whether the other side has closed the connection.
    package var isClosed: Bool {
        var octet: UInt8 = 0
        let count = unsafe recv(socket, &octet, 1, Int32(MSG_DONTWAIT))
        return count == 0 || count < 0 && errno != EAGAIN
    }

    /// Ends the connection without a farewell, so that its port can be used again at once.
    package func reset() {
        var abrupt = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(socket, SOL_SOCKET, SO_LINGER, &abrupt, socklen_t(MemoryLayout<linger>.size))
        shutdown(socket, Int32(SHUT_RDWR))
    }

    private static func call(
        _ what: String, to host: String, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = unsafe inet_addr(host)
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard result == 0 else { throw DeadlinePassed(description: "\(what): error \(errno)") }
    }
}
