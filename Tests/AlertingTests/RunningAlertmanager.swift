import FlowModel
import Foundation
import HTTPServer
import Support
import Synchronization

/// A real Alertmanager of the test's own, and the webhook receiver that it notifies.
final class RunningAlertmanager: Sendable {
    /// What the receiver got.
    struct Notification: Sendable, Decodable {
        struct Alert: Sendable, Decodable {
            var status: String
            var labels: [String: String]
            var annotations: [String: String]
            var startsAt: String
            var fingerprint: String
            var generatorURL: String
        }

        var status: String
        var groupKey: String
        var groupLabels: [String: String]
        var version: String
        var alerts: [Alert]
    }

    /// An alert as `GET /api/v2/alerts`, and amtool, have it.
    struct Alert: Sendable, Decodable {
        struct Status: Sendable, Decodable {
            var state: String
        }

        var labels: [String: String]
        var annotations: [String: String]
        var startsAt: String
        var endsAt: String
        var fingerprint: String
        var generatorURL: String
        var status: Status
    }

    /// Where it is reached.
    let url: String
    private let port: Int
    private let folder: TemporaryFolder
    private let configuration: String
    private let process = Mutex<ChildProcess?>(nil)
    private let receiver: HTTPServer
    private let received: Received

    private final class Received: Sendable {
        let all = Mutex<[Notification]>([])
    }

    /// Starts one that tells its receiver of groups by these labels soon after they change, and waits until it answers.
    init(groupBy: [String]) async throws {
        let received = Received()
        self.received = received
        var serving = HTTPServerConfiguration()
        serving.listen = "127.0.0.1:0"
        serving.maxBodyBytes = 16 << 20
        receiver = try HTTPServer(configuration: serving) { request in
            guard let notification = try? JSONDecoder().decode(Notification.self, from: Data(request.body)) else { return .text("", status: 500) }
            received.all.withLock { $0.append(notification) }
            return .text("")
        }
        folder = try TemporaryFolder()
        port = try FreePort.next()
        url = "http://127.0.0.1:\(port)"
        configuration = try folder.write(
            "alertmanager.yml",
            """
            route: { receiver: test, group_by: [\(groupBy.map { "'\($0)'" }.joined(separator: ", "))], group_wait: 300ms, group_interval: 500ms, repeat_interval: 12h }
            receivers:
              - name: test
                webhook_configs: [{ url: "http://127.0.0.1:\(receiver.port)/", send_resolved: true, max_alerts: 0 }]
            """)
        try await start()
    }

    /// Starts it, again where it was stopped, on the same port and with the same data.
    func start() async throws {
        let child = try ChildProcess(
            "prometheus-alertmanager",
            [
                "--config.file=\(configuration)", "--storage.path=\(folder.path("data"))", "--web.listen-address=127.0.0.1:\(port)",
                "--cluster.listen-address=",
            ])
        process.withLock { $0 = child }
        try await waitUntil("Alertmanager answers", within: 30) { [url] in
            guard child.isRunning else { throw DeadlinePassed(description: "alertmanager ended: \(child.standardError)") }
            return try await RunningWeir.status(of: "\(url)/-/ready") == 200
        }
    }

    /// Stops it as a service manager does.
    func stop() async throws {
        guard let child = process.withLock({ $0 }) else { return }
        child.send(SIGTERM)
        _ = try await child.exitStatus()
    }

    /// What its receiver was told, in order.
    var notifications: [Notification] { received.all.withLock { $0 } }

    /// How often it told of this status, by fingerprint.
    func told(_ status: String) -> [String: Int] {
        notifications.flatMap(\.alerts).filter { $0.status == status }.reduce(into: [:]) { $0[$1.fingerprint, default: 0] += 1 }
    }

    /// What `amtool alert query` shows.
    func query(_ arguments: [String] = []) async throws -> [Alert] {
        let answer = try await ChildProcess.run("amtool", ["alert", "query", "--alertmanager.url=\(url)", "--output=json"] + arguments)
        guard answer.status == 0 else { throw DeadlinePassed(description: "amtool: \(answer.errors)") }
        return try JSONDecoder().decode([Alert].self, from: Data(answer.output.utf8))
    }
}

/// The system's time.
enum SystemClock {
    @Sendable static func now() -> Timestamp { Timestamp(nanoseconds: Int64(Date().timeIntervalSince1970 * 1e9)) }
}
