import Foundation
import Support
import Synchronization

/// A server on loopback that does to each connection what a script says, on a thread of its own, and then closes it.
final class RawServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let state = Mutex(State())

    private struct State {
        var accepted = 0
        var open: Set<Int32> = []
        var isStopped = false
    }

    /// - Parameter script: nil: connections are never accepted, and two of them fill the queue.
    init(_ script: (@Sendable (RawConnection) -> Void)?) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = unsafe withUnsafeMutablePointer(to: &address) { [listener] pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(listener, $0, length) | listen(listener, script == nil ? 0 : 64) | getsockname(listener, $0, &length)
            }
        }
        guard result == 0 else { throw DeadlinePassed(description: "listen: error \(errno)") }
        port = UInt16(bigEndian: address.sin_port)
        guard let script else { return }
        Thread.detachNewThread { [self] in
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0 else { break }
                guard opened(descriptor) else { break }
                Thread.detachNewThread {
                    script(RawConnection(descriptor))
                    self.close(descriptor)
                }
            }
        }
    }

    var url: String { "http://127.0.0.1:\(port)/" }

    /// How many connections there have been.
    var accepted: Int { state.withLock(\.accepted) }

    /// How many there are.
    var open: Int { state.withLock(\.open.count) }

    /// Ends all connections. A test must call it: the threads hold the server.
    func stop() {
        state.withLock { state in
            state.isStopped = true
            for descriptor in state.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    deinit {
        Glibc.close(listener)
    }

    private func opened(_ descriptor: Int32) -> Bool {
        state.withLock { state in
            state.accepted += 1
            state.open.insert(descriptor)
            return !state.isStopped
        }
    }

    private func close(_ descriptor: Int32) {
        _ = state.withLock { $0.open.remove(descriptor) }
        Glibc.close(descriptor)
    }
}

/// A connection to a `RawServer`. What waits ends at the latest when the server is stopped.
struct RawConnection: Sendable {
    private let descriptor: Int32

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        var on: Int32 = 1
        unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
    }

    /// Reads the head of a request; nil where the client closes before.
    func readHead() -> String? {
        var head = ""
        while !head.hasSuffix("\r\n\r\n") {
            var octet: UInt8 = 0
            guard unsafe recv(descriptor, &octet, 1, 0) == 1 else { return nil }
            head.unicodeScalars.append(Unicode.Scalar(octet))
        }
        return head
    }

    /// Sends all of it; how much it was, less than all where the client closes.
    @discardableResult
    func send(_ text: String) -> Int {
        let octets = Array(text.utf8)
        var sent = 0
        while sent < octets.count {
            let count = unsafe octets[sent...].withUnsafeBytes { unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { break }
            sent += count
        }
        return sent
    }

    /// Waits until the client closes, whatever it sends.
    func waitForClose() {
        var octet: UInt8 = 0
        while unsafe recv(descriptor, &octet, 1, 0) == 1 {}
    }

    /// Whether the client closes within so many milliseconds.
    func isClosed(within milliseconds: Int32) -> Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard unsafe Glibc.poll(&poll, 1, milliseconds) > 0 else { return false }
        var octet: UInt8 = 0
        return unsafe recv(descriptor, &octet, 1, 0) <= 0
    }

    /// Makes the close that follows an abrupt one.
    func beAbrupt() {
        var abrupt = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &abrupt, socklen_t(MemoryLayout<linger>.size))
    }
}
