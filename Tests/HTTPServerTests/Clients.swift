import Foundation
import HTTPServer
import Support

/// A server on a port of the kernel's choice, on IPv4's loopback unless `change` says else.
func serve(
    _ handler: @escaping HTTPHandler, with change: (inout HTTPServerConfiguration) -> Void = { _ in }
) throws(HTTPServerError) -> HTTPServer {
    var configuration = HTTPServerConfiguration()
    configuration.listen = "127.0.0.1:0"
    change(&configuration)
    return try HTTPServer(configuration: configuration, handler: handler)
}

/// What the curl command puts out, errors first; brackets in addresses are taken as they are.
func curl(_ arguments: String...) async throws -> Data {
    let child = try ChildProcess("curl", ["-sS", "-g", "--max-time", "20"] + arguments)
    _ = try await child.exitStatus()
    return Data(child.standardError.utf8) + child.standardOutputOctets
}

extension Data {
    var text: String { String(decoding: self, as: UTF8.self) }
}

/// A TCP connection to a server on loopback; what waits gives up after ten seconds.
final class RawClient {
    private let descriptor: Int32
    private var received: [UInt8] = []

    init(port: UInt16, receiveBuffer: Int32? = nil) throws {
        descriptor = try LoopbackSocket.connected(type: Int32(SOCK_STREAM.rawValue), port: port, receiveBuffer: receiveBuffer)
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
        close(descriptor)
    }

    /// Sends all of it, or as much as the server takes before it closes.
    func send(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Reads up to and with `mark`; all there is where the server closes before. What follows stays for the next read.
    func read(through mark: String) -> String {
        let mark = Array(mark.utf8)
        while true {
            if let range = received.firstRange(of: mark) {
                defer { received.removeSubrange(..<range.upperBound) }
                return String(decoding: received[..<range.upperBound], as: UTF8.self)
            }
            guard receive() else {
                defer { received = [] }
                return String(decoding: received, as: UTF8.self)
            }
        }
    }

    /// Reads until the server closes, and says how many octets came.
    func countToEnd() -> Int {
        var count = received.count
        received = []
        while receive() {
            count += received.count
            received = []
        }
        return count
    }

    /// Takes at most so many octets of what is there; how many it were.
    func take(_ most: Int) -> Int {
        var chunk = [UInt8](repeating: 0, count: most)
        return max(unsafe chunk.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT)) }, 0)
    }

    private func receive() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = unsafe chunk.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard count > 0 else { return false }
        received.append(contentsOf: chunk[..<count])
        return true
    }
}

/// Waits for `condition`; whether it came true before a deadline that only a thing that does not work misses.
func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + .seconds(leastDeadline)
    while try await !condition() {
        guard ContinuousClock.now < deadline else { return false }
        try await Task.sleep(for: .milliseconds(2))
    }
    return true
}

/// The process' resident memory in octets.
func residentBytes() -> Int {
    let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(getpagesize()) : 0
}
