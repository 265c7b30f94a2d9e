import Foundation

/// UDP ports of loopback.
enum UDPPorts {
    /// A port that is free now, chosen by the kernel.
    static func free() throws -> Int {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { Glibc.close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                guard unsafe bind(socket, $0, length) == 0 else { return false }
                return unsafe getsockname(socket, $0, &length) == 0
            }
        }
        guard isBound else { throw BenchFailure("no UDP port of 127.0.0.1 can be bound: error \(errno)") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Sockets that listen at a port, and the datagrams that the kernel has dropped at them because their buffers were full.
    static func sockets(at port: Int) -> (count: Int, drops: Int) {
        let suffix = ":" + String(format: "%04X", port)
        var found = (count: 0, drops: 0)
        for table in ["/proc/net/udp", "/proc/net/udp6"] {
            for line in ((try? String(contentsOfFile: table, encoding: .utf8)) ?? "").split(separator: "\n").dropFirst() {
                let fields = line.split(whereSeparator: \.isWhitespace)
                guard fields.count > 12, fields[1].hasSuffix(suffix) else { continue }
                found.count += 1
                found.drops += fields.last.flatMap { Int($0) } ?? 0
            }
        }
        return found
    }
}
