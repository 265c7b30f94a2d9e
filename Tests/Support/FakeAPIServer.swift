import Foundation
import Glibc
import Synchronization

/// An HTTP/1.1 server that plays the API server's part, on a port of the kernel's choice, one thread for each connection: an answer may take its
/// time, say half of what it has to say, fall silent, or break off.
package final class FakeAPIServer: Sendable {
    /// A request, as far as tests look at it.
    package struct Request: Sendable {
        package var method: String
        package var path: String
        package var query: [String: String]
        /// Names in lower case.
        package var headers: [String: String]
        /// Of a request whose length is said.
        package var body: [UInt8] = []

        /// Whether it is for a watch.
        package var isWatch: Bool { query["watch"] == "1" }
        /// The collection: `pods`, `nodes`, …
        package var resource: String { String(path.split(separator: "/").last ?? "") }

        /// The query of a target, by name, as it stands there.
        package static func query(of target: String) -> [String: String] {
            let parts = target.split(separator: "?", maxSplits: 1)
            guard parts.count == 2 else { return [:] }
            return parts[1].split(separator: "&").reduce(into: [:]) { query, pair in
                let halves = pair.split(separator: "=", maxSplits: 1)
                query[String(halves[0])] = halves.count == 2 ? String(halves[1]) : ""
            }
        }
    }

    /// The answer to a request, on its way.
    package final class Answer {
        private let connection: Int32
        private let isStopped: @Sendable () -> Bool
        fileprivate(set) var isCut = false

        fileprivate init(_ connection: Int32, isStopped: @escaping @Sendable () -> Bool) {
            self.connection = connection
            self.isStopped = isStopped
        }

        /// An answer whose length is known.
        package func send(_ body: String, status: Int = 200, headers: [String] = []) {
            let lines = ["HTTP/1.1 \(status) X", "Content-Type: application/json", "Content-Length: \(body.utf8.count)"] + headers
            write(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
        }

        /// The head of an answer in chunks.
        package func begin(status: Int = 200) {
            write("HTTP/1.1 \(status) X\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        }

        /// A part of it.
        package func chunk(_ text: String) {
            if !text.isEmpty { write("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n") }
        }

        /// The end of an answer in chunks.
        package func finish() {
            write("0\r\n\r\n")
        }

        /// Breaks the connection off.
        package func cut() {
            isCut = true
        }

        /// Waits until the condition holds; false where the client or the server has gone meanwhile.
        package func wait(until condition: () -> Bool) -> Bool {
            while !condition() {
                if isStopped() || isCut || isClosed { return false }
                usleep(2000)
            }
            return true
        }

        private var isClosed: Bool {
            var octet: UInt8 = 0
            let count = unsafe recv(connection, &octet, 1, Int32(MSG_DONTWAIT) | Int32(MSG_PEEK))
            return count == 0 || count < 0 && errno != EAGAIN
        }

        private func write(_ text: String) {
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                let count = unsafe rest.withUnsafeBytes { unsafe Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard count > 0 else {
                    isCut = true
                    return
                }
                rest = rest.dropFirst(count)
            }
        }
    }

    /// TCP port of 127.0.0.1.
    package let port: UInt16
    private let listener: Int32
    private let shared = Shared()

    /// What the threads share, which outlive the server by moments.
    private final class Shared: Sendable {
        let stopped = Mutex(false)
        let asked = Mutex<[Request]>([])
        let accepted = Mutex(0)

        var isStopped: Bool { stopped.withLock { $0 } }
    }

    /// Serves, each request with `answer`, on a thread of its connection's.
    package init(_ answer: @escaping @Sendable (Request, Answer) -> Void) throws {
        let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        listener = descriptor
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw DeadlinePassed(description: "no port: error \(errno)") }
        port = UInt16(bigEndian: address.sin_port)
        let (socket, shared) = (self.listener, self.shared)
        Thread.detachNewThread {
            while true {
                let connection = accept(socket, nil, nil)
                guard connection >= 0 else { return }
                shared.accepted.withLock { $0 += 1 }
                Thread.detachNewThread {
                    Self.serve(connection, shared, answer)
                    close(connection)
                }
            }
        }
    }

    deinit {
        stop()
    }

    /// The URL of its root.
    package var url: String { "http://127.0.0.1:\(port)" }

    /// How many connections there have been.
    package var accepted: Int { shared.accepted.withLock { $0 } }

    /// All requests until now.
    package var requests: [Request] { shared.asked.withLock { $0 } }

    /// Goes away: no connection is taken any more, and those that stand break off.
    package func stop() {
        let isFirst = shared.stopped.withLock { stopped in
            defer { stopped = true }
            return !stopped
        }
        guard isFirst else { return }
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private static func serve(_ connection: Int32, _ shared: Shared, _ answer: @Sendable (Request, Answer) -> Void) {
        var patience = timeval(tv_sec: 0, tv_usec: 50_000)
        unsafe setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var received: [UInt8] = []
        let end = Array("\r\n\r\n".utf8)
        while !shared.isStopped {
            if let range = received.firstRange(of: end) {
                var request = parse(String(decoding: received[..<range.lowerBound], as: UTF8.self))
                let length = Int(request.headers["content-length"] ?? "") ?? 0
                while received.count < range.upperBound + length, receive(connection, &received), !shared.isStopped {}
                guard received.count >= range.upperBound + length else { return }
                request.body = Array(received[range.upperBound..<(range.upperBound + length)])
                received.removeSubrange(..<(range.upperBound + length))
                shared.asked.withLock { $0.append(request) }
                let reply = Answer(connection) { shared.isStopped }
                answer(request, reply)
                if reply.isCut { return }
                continue
            }
            guard receive(connection, &received) else { return }
        }
    }

    /// Adds what comes within moments; false where nothing will come any more.
    private static func receive(_ connection: Int32, _ received: inout [UInt8]) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 8192)
        let count = unsafe chunk.withUnsafeMutableBytes { unsafe recv(connection, $0.baseAddress, $0.count, 0) }
        if count < 0, errno == EAGAIN { return true }
        guard count > 0 else { return false }
        received += chunk[..<count]
        return true
    }

    private static func parse(_ head: String) -> Request {
        let lines = head.split(separator: "\r\n").map(String.init)
        let target = lines.first?.split(separator: " ").dropFirst().first.map(String.init) ?? ""
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces) }
        }
        return Request(
            method: lines.first?.split(separator: " ").first.map(String.init) ?? "",
            path: String(target.prefix { $0 != "?" }), query: Request.query(of: target).mapValues { $0.removingPercentEncoding ?? $0 },
            headers: headers)
    }
}
