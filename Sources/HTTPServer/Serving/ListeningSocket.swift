import Glibc

/// A TCP socket that listens; whoever takes its descriptor closes it.
struct ListeningSocket {
    var descriptor: Int32
    var port: UInt16
    /// Whether it is an IPv6 socket, which may take IPv4 as well.
    var isIPv6: Bool

    /// Listens on `HOST:PORT`, `[V6]:PORT` or `:PORT`, the last and `[::]:PORT` on both families where the system has them.
    ///
    /// A host's name is looked up, which may take a while.
    init(_ text: String) throws(HTTPServerError) {
        let (host, port) = try Self.parse(text)
        // All addresses of both families are one IPv6 socket; a system without IPv6 has only the IPv4 ones.
        let hosts = host.isEmpty ? ["::", "0.0.0.0"] : [host]
        var code = EADDRNOTAVAIL
        for host in hosts {
            let addresses = try unsafe Self.addresses(of: host, port: port, in: text)
            defer { unsafe freeaddrinfo(addresses) }
            var next = unsafe addresses
            while let address = unsafe next {
                switch unsafe Self.open(address.pointee) {
                case .success(let socket):
                    self = socket
                    return
                case .failure(let failure): code = failure.code
                }
                unsafe next = address.pointee.ai_next
            }
            // Only a missing family is a reason to try the other one: a port in use is in use.
            guard code == EAFNOSUPPORT || code == EADDRNOTAVAIL else { break }
        }
        throw .cannotListen(address: text, code: code)
    }

    private static func parse(_ text: String) throws(HTTPServerError) -> (host: String, port: UInt16) {
        guard let colon = text.lastIndex(of: ":") else {
            throw .invalidAddress(text, reason: "it has no port")
        }
        guard let port = UInt16(text[text.index(after: colon)...]) else {
            throw .invalidAddress(text, reason: "the port is not a number from 0 to 65535")
        }
        let host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]"), host.count > 2 {
            return (String(host.dropFirst().dropLast()), port)
        }
        guard !host.contains(where: { $0 == ":" || $0 == "[" || $0 == "]" }) else {
            throw .invalidAddress(text, reason: "an IPv6 address stands in brackets")
        }
        return (String(host), port)
    }

    private static func addresses(of host: String, port: UInt16, in text: String) throws(HTTPServerError) -> UnsafeMutablePointer<addrinfo>? {
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var addresses: UnsafeMutablePointer<addrinfo>?
        let result = unsafe getaddrinfo(host, String(port), &hints, &addresses)
        guard result == 0 else {
            throw unsafe .invalidAddress(text, reason: String(cString: gai_strerror(result)))
        }
        return unsafe addresses
    }

    /// Octets that may wait in the kernel for a client to make room; connections have it from the socket that listens. Left alone, the kernel takes in
    /// megabytes, so that many clients that do not read would have their whole answers made, one after another, before anybody else's goes on.
    private static let mostUnsent: Int32 = 4 << 10

    private struct Failure: Error {
        var code: Int32
    }

    private static func open(_ address: addrinfo) -> Result<Self, Failure> {
        let type = unsafe address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = unsafe socket(address.ai_family, type, address.ai_protocol)
        guard descriptor >= 0 else { return .failure(Failure(code: errno)) }
        let isIPv6 = unsafe address.ai_family == AF_INET6
        // A port is free again as soon as its server is gone, though old connections linger.
        setOption(SOL_SOCKET, SO_REUSEADDR, 1, on: descriptor)
        setOption(Int32(IPPROTO_TCP), TCP_NOTSENT_LOWAT, mostUnsent, on: descriptor)
        if isIPv6 { setOption(Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0, on: descriptor) }
        guard unsafe bind(descriptor, address.ai_addr, address.ai_addrlen) == 0, listen(descriptor, SOMAXCONN) == 0 else {
            let code = errno
            close(descriptor)
            return .failure(Failure(code: code))
        }
        return .success(Self(descriptor: descriptor, port: boundPort(of: descriptor), isIPv6: isIPv6))
    }

    private init(descriptor: Int32, port: UInt16, isIPv6: Bool) {
        self.descriptor = descriptor
        self.port = port
        self.isIPv6 = isIPv6
    }

    private static func setOption(_ level: Int32, _ name: Int32, _ value: Int32, on descriptor: Int32) {
        var value = value
        unsafe _ = setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func boundPort(of descriptor: Int32) -> UInt16 {
        // The port stands at the same place in both families' addresses.
        var address = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(descriptor, $0, &length) }
        }
        return result == 0 ? UInt16(bigEndian: address.sin6_port) : 0
    }
}
