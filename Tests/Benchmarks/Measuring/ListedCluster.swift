import Foundation
import Support
import Synchronization

/// Plays the API server of a cluster with many pods, in this process: lists in pages, and changes when it is asked to.
final class ListedCluster: Sendable {
    /// What the server's threads share with who makes changes.
    private final class Events: Sendable {
        let all = Mutex<[String]>([])
    }

    private let server: FakeAPIServer
    private let events = Events()

    /// Octets of a pod, as it is sent, on an average.
    let octetsOfPod: Int

    /// Serves so many pods; of all other resources there is none.
    init(pods: Int) throws {
        let items = (0..<min(pods, 1000)).map { LargeCluster.pod($0).utf8.count }
        octetsOfPod = items.reduce(0, +) / max(1, items.count)
        server = try FakeAPIServer { [events] request, answer in
            if request.isWatch { Self.watch(request, answer, events) } else { Self.list(request, answer, pods: pods) }
        }
    }

    var url: String { server.url }

    /// Goes away.
    func stop() { server.stop() }

    /// Whether the pods are being watched.
    var isWatched: Bool { server.requests.contains { $0.isWatch && $0.resource == "pods" } }

    /// Makes a pod whose name says when, by the monotonic clock, in nanoseconds; the first one has 172.16.0.1, the next one the next address.
    func change(_ number: Int) {
        events.all.withLock { events in
            var time = timespec()
            unsafe clock_gettime(CLOCK_MONOTONIC, &time)
            let name = "change-\(time.tv_sec * 1_000_000_000 + time.tv_nsec)"
            let address = "172.16.\((number + 1) / 256).\((number + 1) % 256)"
            events.append(
                #"{"type":"ADDED","object":{"metadata":{"name":"\#(name)","namespace":"bench","uid":"\#(name)","resourceVersion":"\#(2_000_000 + number)"},"#
                    + #""spec":{"nodeName":"worker-0"},"status":{"phase":"Running","podIP":"\#(address)","startTime":"2026-11-20T08:00:05Z"}}}"#
                    + "\n")
        }
    }

    private static func list(_ request: FakeAPIServer.Request, _ answer: FakeAPIServer.Answer, pods: Int) {
        let count = request.resource == "pods" ? pods : 0
        let start = min(Int(request.query["continue"] ?? "") ?? 0, count)
        let end = min(start + (Int(request.query["limit"] ?? "") ?? count), count)
        let rest = end < count ? #","continue":"\#(end)","remainingItemCount":\#(count - end)"# : ""
        let items = (start..<end).map(LargeCluster.pod).joined(separator: ",")
        answer.send(#"{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"1000000"\#(rest)},"items":[\#(items)]}"#)
    }

    private static func watch(_ request: FakeAPIServer.Request, _ answer: FakeAPIServer.Answer, _ all: Events) {
        answer.begin()
        var sent = 0
        while true {
            var events: [String] = []
            let isThere = answer.wait {
                if request.resource == "pods" { events = all.all.withLock { Array($0.dropFirst(sent)) } }
                return !events.isEmpty
            }
            guard isThere else { return answer.cut() }
            sent += events.count
            for event in events { answer.chunk(event) }
        }
    }
}
