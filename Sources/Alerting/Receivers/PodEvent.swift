import Detection
import FlowModel
import Foundation

/// An Event of `events.k8s.io/v1` on a pod that an alert concerns: `kubectl describe pod` shows it.
package struct PodEvent: Sendable, Codable, Equatable {
    /// The most pods of an alert that get one.
    static let mostPods = 4
    /// How often an alert that goes on firing is told again: Events are forgotten after an hour. Nanoseconds.
    package static let repeatInterval: Int64 = 1_800_000_000_000

    package var namespace: String
    package var pod: String
    package var alert: AlertID
    /// The rule's name.
    package var reason: String
    package var isWarning: Bool
    package var note: String
    package var at: Timestamp

    /// One for each pod that the alert's heaviest pairs name, both ends, at most four; none without evidence.
    package static func events(of alert: Alert, at now: Timestamp) -> [PodEvent] {
        var ends: [(namespace: String, pod: String)] = []
        for pair in alert.evidence?.pairs ?? [] {
            for end in [(pair.sourceNamespace, pair.sourcePod), (pair.destinationNamespace, pair.destinationPod)]
            where isPod(end.0, end.1) && !ends.contains(where: { $0 == end }) { ends.append(end) }
        }
        return ends.prefix(mostPods).map { end in
            PodEvent(
                namespace: end.namespace, pod: end.pod, alert: alert.id, reason: String(alert.rule.prefix(128)), isWarning: alert.severity != .info,
                note: note(alert.words), at: now)
        }
    }

    /// The Event's name: the same for the same alert and pod, so that a repeat finds it, also after a restart or from another replica. A pod that is made anew
    /// under its old name, as those of a StatefulSet are, has another uid, and another Event.
    package func name(uid: String) -> String {
        var pod = pod.prefix(227)
        while pod.last == "." || pod.last == "-" { pod.removeLast() }
        return "\(pod).\(alert).\(AlertID(labels: ["uid": uid]).description.prefix(8))"
    }

    /// Weir's own names (`reserved:`, `service:`) have a colon, which nothing in Kubernetes has.
    private static func isPod(_ namespace: String, _ pod: String) -> Bool {
        let isName: (String) -> Bool = { name in
            !name.isEmpty
                && name.utf8.allSatisfy {
                    (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
                }
        }
        return isName(namespace) && isName(pod)
    }

    /// At most 1,024 octets, as the API server wants it.
    private static func note(_ words: String) -> String {
        var note = words
        while note.utf8.count > 1024 { note.removeLast() }
        return note
    }
}

/// The requests by which an Event comes to be, or is said to repeat, one after the other.
package struct PodEventTalk: Sendable {
    /// What is asked of the API server.
    package struct Request: Sendable, Equatable {
        package enum Method: Sendable {
            case get
            case post
            case patch
        }

        package var method: Method
        package var path: String
        package var contentType: String
        package var body: [UInt8]?
    }

    private enum Step {
        case look
        case create(uid: String)
        case repeated(uid: String)
    }

    /// How it ended.
    package enum End: Sendable, Equatable {
        /// What became of the last request.
        case outcome(Outcome)
        /// There is no such pod any more, so that nobody would read it.
        case noPod
    }

    private struct EventTime: Encodable {
        var count: Int
        var lastObservedTime: String
    }

    private struct Patch: Encodable {
        var series: EventTime
    }

    private struct Created: Encodable {
        struct Metadata: Encodable {
            var name: String
            var namespace: String
        }
        struct Reference: Encodable {
            var apiVersion = "v1"
            var kind = "Pod"
            var namespace: String
            var name: String
            var uid: String
        }

        var apiVersion = "events.k8s.io/v1"
        var kind = "Event"
        var metadata: Metadata
        var eventTime: String
        var reportingController = "weir"
        var reportingInstance: String
        var action = "Alert"
        var reason: String
        var regarding: Reference
        var note: String
        var type: String
    }

    private let event: PodEvent
    /// Who writes it: the name of the host, which is the pod's.
    private let instance: String
    private var step = Step.look
    /// The server has forgotten the Event once, so that it was made anew.
    private var isForgotten = false
    /// The Event's name; empty until the pod is known.
    package private(set) var name = ""
    /// How often it was seen, this time included.
    package private(set) var count = 1

    /// Begins with a look at the pod.
    package init(_ event: PodEvent, instance: String) {
        self.event = event
        self.instance = instance
    }

    /// The next request.
    package var request: Request {
        let events = "/apis/events.k8s.io/v1/namespaces/\(event.namespace)/events"
        switch step {
        case .look: return Request(method: .get, path: "/api/v1/namespaces/\(event.namespace)/pods/\(event.pod)", contentType: "", body: nil)
        case .create(let uid):
            let created = Created(
                metadata: Created.Metadata(name: name, namespace: event.namespace), eventTime: Self.microtime(event.at),
                reportingInstance: String(instance.prefix(128)), reason: event.reason,
                regarding: Created.Reference(namespace: event.namespace, name: event.pod, uid: uid), note: event.note,
                type: event.isWarning ? "Warning" : "Normal")
            return Request(method: .post, path: events, contentType: "application/json", body: Self.json(created))
        case .repeated:
            let patch = Patch(series: EventTime(count: max(count, 2), lastObservedTime: Self.microtime(event.at)))
            return Request(method: .patch, path: "\(events)/\(name)", contentType: "application/merge-patch+json", body: Self.json(patch))
        }
    }

    /// Takes in the answer; how it ended, or nil where there is another request to be sent.
    ///
    /// - Parameter known: says how often an Event of this name was told before; 0: never, as far as is known.
    package mutating func take(_ outcome: Outcome, status: Int?, body: [UInt8], known: (_ name: String) -> Int) -> End? {
        switch (step, status) {
        case (.look, 200):
            struct Pod: Decodable {
                struct Metadata: Decodable {
                    var uid: String
                }
                var metadata: Metadata
            }
            // kubectl looks for Events by the pod's uid.
            guard let pod = try? JSONDecoder().decode(Pod.self, from: Data(body)) else {
                return .outcome(.refused(status: 200, body: "the pod cannot be read"))
            }
            name = event.name(uid: pod.metadata.uid)
            let times = known(name)
            step = times > 0 ? .repeated(uid: pod.metadata.uid) : .create(uid: pod.metadata.uid)
            count = max(times, 0) &+ 1
            return nil
        case (.look, 404): return .noPod
        case (.create(let uid), 409) where !isForgotten:
            // Written before, by an earlier run or another replica.
            step = .repeated(uid: uid)
            count = max(count, 2)
            return nil
        case (.repeated(let uid), 404) where !isForgotten:
            isForgotten = true
            step = .create(uid: uid)
            count = 1
            return nil
        default: return .outcome(outcome)
        }
    }

    /// Kubernetes' MicroTime.
    private static func microtime(_ time: Timestamp) -> String {
        let text = TimeText.text(time)
        let micros = (time.nanoseconds % 1_000_000) / 1000
        let digits = "\(max(micros, 0))"
        return "\(text.dropLast())\(String(repeating: "0", count: 3 - digits.count))\(digits)Z"
    }

    private static func json(_ value: some Encodable) -> [UInt8] {
        (try? [UInt8](JSONEncoder.plain.encode(value))) ?? []
    }
}
