import Foundation
import Support
import Synchronization

/// A proxy that makes tunnels to ports of loopback (RFC 9110 §9.3.6), on a port of the kernel's choice.
final class ConnectProxy: Sendable {
    private let listener: Int32
    private let port: UInt16
    private let requests = Mutex<[String]>([])

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        listener = descriptor
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw DeadlinePassed(description: "no port: error \(errno)") }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { return }
                Thread.detachNewThread { [self] in serve(connection) }
            }
        }
    }

    deinit {
        close(listener)
    }

    var url: String { "http://127.0.0.1:\(port)" }

    /// The first lines of what it was asked for.
    var asked: [String] { requests.withLock { $0 } }

    /// Takes no more connections. A test must call it: the thread holds the proxy.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func serve(_ client: Int32) {
        defer { close(client) }
        var head = ""
        while !head.hasSuffix("\r\n\r\n") {
            var octet: UInt8 = 0
            guard unsafe recv(client, &octet, 1, 0) == 1 else { return }
            head.unicodeScalars.append(Unicode.Scalar(octet))
        }
        let line = head.split(separator: "\r\n").first.map(String.init) ?? ""
        requests.withLock { $0.append(line) }
        guard let port = line.split(separator: " ").dropFirst().first?.split(separator: ":").last.flatMap({ UInt16($0) }),
            let server = try? LoopbackSocket.connected(type: Int32(SOCK_STREAM.rawValue), port: port)
        else { return }
        defer { close(server) }
        let answer = Array("HTTP/1.1 200 Connection established\r\n\r\n".utf8)
        _ = unsafe answer.withUnsafeBytes { unsafe send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        let upwards = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            Self.pass(from: client, to: server)
            upwards.signal()
        }
        Self.pass(from: server, to: client)
        upwards.wait()
    }

    private static func pass(from source: Int32, to destination: Int32) {
        var octets = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = unsafe octets.withUnsafeMutableBytes { unsafe recv(source, $0.baseAddress, $0.count, 0) }
            guard count > 0 else { break }
            let sent = unsafe octets.withUnsafeBytes { unsafe send(destination, $0.baseAddress, count, Int32(MSG_NOSIGNAL)) }
            guard sent == count else { break }
        }
        shutdown(destination, Int32(SHUT_WR))
        shutdown(source, Int32(SHUT_RD))
    }
}
