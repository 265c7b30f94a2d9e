import Collector
import FlowModel
import Foundation
import Support

/// Where datagrams come from: an address of loopback, and a port.
struct Origin: Hashable, Sendable {
    /// 127.x.y.z
    var address: UInt32
    var port: UInt16

    /// An address below 127.`network`.0.0, of which there are 65,534.
    init(network: UInt8, host: Int, port: UInt16) {
        address = 0x7F00_0000 | UInt32(network) << 16 | UInt32(truncatingIfNeeded: host) & 0xFFFF
        self.port = port
    }

    /// The value of the label `exporter`.
    var exporter: String { IPAddress(v4: address).description }
}

/// The way from a test's exporters to one weir, which never gets more than its receive buffer holds.
///
/// Everything that is sent to a weir goes through one wire, on one thread; the kernel says how much of it has not been taken yet. So whatever the machine
/// does meanwhile, a datagram that is missing was lost by the weir.
final class LoopbackWire {
    /// Sockets that are kept open.
    private static let openSockets = 1100

    private let destination: UDPDestination
    private let port: String
    /// Octets of receive buffer that may be in use, at most.
    private let room: Int
    private var untaken = 0
    private var senders: [Origin: UDPSender] = [:]
    /// Datagrams sent.
    private(set) var sent = 0

    init(to weir: RunningWeir) throws {
        destination = try UDPDestination("127.0.0.1:\(weir.flowPort)")
        let digits = String(weir.flowPort, radix: 16, uppercase: true)
        port = ":" + String(repeating: "0", count: 4 - digits.count) + digits
        let granted = weir.process.standardError.firstMatch(of: /"receive_buffer":"(\d+)"/).flatMap { Int($0.1) }
        room = (granted ?? 212_992) / 4
    }

    /// Sends a datagram, when there is room for it.
    func send(_ datagram: [UInt8], from origin: Origin) throws {
        // What the kernel charges for a datagram, at most about.
        let cost = 2 * datagram.count + 1024
        if untaken + cost > room { try wait(until: max(0, room - cost)) }
        untaken += cost
        sent += 1
        _ = try unsafe datagram.withUnsafeBytes { try unsafe sender(origin).send($0) }
    }

    /// Waits until the weir has taken all that was sent.
    func waitUntilTaken() throws {
        try wait(until: 0)
    }

    private func sender(_ origin: Origin) throws -> UDPSender {
        if let known = senders[origin] { return known }
        if senders.count >= Self.openSockets { senders.removeAll() }
        // A port that was just given up may be held by a program that another test is about to start, until it runs.
        let deadline = ContinuousClock.now + .seconds(leastDeadline)
        let open = { [destination] in try UDPSender(to: destination, from: IPAddress(v4: origin.address), sourcePort: origin.port) }
        var sender = try? open()
        while sender == nil, ContinuousClock.now < deadline {
            Thread.sleep(forTimeInterval: 0.001)
            sender = try? open()
        }
        let opened = try sender ?? open()
        senders[origin] = opened
        return opened
    }

    private func wait(until most: Int) throws {
        let deadline = ContinuousClock.now + .seconds(leastDeadline)
        while true {
            untaken = try waiting()
            if untaken <= most { return }
            guard ContinuousClock.now < deadline else { throw DeadlinePassed(description: "not within \(leastDeadline) s: weir takes what was sent") }
            Thread.sleep(forTimeInterval: 0.001)
        }
    }

    /// Octets of the weir's receive buffer that are in use (proc(5), `/proc/net/udp`).
    private func waiting() throws -> Int {
        let table = try FileHandle(forReadingFrom: URL(filePath: "/proc/net/udp")).readToEnd() ?? Data()
        var octets = 0
        for line in String(decoding: table, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 4, words[1].hasSuffix(port), words[1].hasPrefix("0100007F") else { continue }
            octets += words[4].split(separator: ":").last.flatMap { Int($0, radix: 16) } ?? 0
        }
        return octets
    }
}
