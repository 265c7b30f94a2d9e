import FlowModel
import Foundation
import KubernetesClient
import Support
import Synchronization

/// A cluster behind a `FakeAPIServer`: it lists in pages and sends what changes, but where a test has put a fault in the way.
final class FakeCluster: Sendable {
    typealias Fault = @Sendable (FakeAPIServer.Request, FakeAPIServer.Answer) -> Void

    private struct State {
        var version = 10
        /// By resource and name.
        var objects: [String: [String: String]] = [:]
        var log: [(resource: String, version: Int, event: String)] = []
        /// Versions before this one are forgotten.
        var oldest = 0
        var faults: [(resource: String, isWatch: Bool, fault: Fault)] = []
        var lasting: [String: Fault] = [:]
        /// Grows when the watches that stand are to end.
        var breaks = 0
    }

    private let state = Mutex(State())

    init(pods: [String] = []) {
        for pod in pods { put(pod) }
    }

    /// Serves it.
    func serve() throws -> FakeAPIServer {
        try FakeAPIServer { request, answer in self.answer(request, answer) }
    }

    var version: Int { state.withLock { $0.version } }

    // MARK: Changes

    /// Makes a pod, or changes its address.
    func put(_ name: String, address: String = "10.128.2.9") {
        state.withLock { state in
            state.version += 1
            let pod = Sample.pod(name, version: state.version, address: address)
            let isNew = state.objects["pods", default: [:]].updateValue(pod, forKey: name) == nil
            state.log.append(("pods", state.version, Sample.event(isNew ? "ADDED" : "MODIFIED", pod)))
        }
    }

    /// Makes an object of any resource, or changes it; `version` gives it its version.
    func put(_ resource: Resource, _ name: String, _ object: (_ version: Int) -> String) {
        state.withLock { state in
            state.version += 1
            let object = object(state.version)
            let isNew = state.objects[resource.rawValue, default: [:]].updateValue(object, forKey: name) == nil
            state.log.append((resource.rawValue, state.version, Sample.event(isNew ? "ADDED" : "MODIFIED", object)))
        }
    }

    func delete(_ name: String) {
        state.withLock { state in
            state.version += 1
            guard state.objects["pods"]?.removeValue(forKey: name) != nil else { return }
            state.log.append(("pods", state.version, Sample.event("DELETED", Sample.pod(name, version: state.version))))
        }
    }

    /// Forgets what happened until now: a watch from before is answered with 410.
    func compact() {
        state.withLock { state in
            state.version += 1
            state.log = []
            state.oldest = state.version
        }
    }

    // MARK: Faults

    /// Breaks off the watches that stand.
    func breakWatches() {
        state.withLock { $0.breaks += 1 }
    }

    /// Answers the next list or watch of a resource in another way; several are used up one after the other.
    func once(_ resource: Resource, watch: Bool, _ fault: @escaping Fault) {
        state.withLock { $0.faults.append((resource.rawValue, watch, fault)) }
    }

    /// Answers every request for a resource in another way, until `nil` is put in its place.
    func always(_ resource: Resource, _ fault: Fault?) {
        state.withLock { $0.lasting[resource.rawValue] = fault }
    }

    // MARK: Answers

    private func answer(_ request: FakeAPIServer.Request, _ answer: FakeAPIServer.Answer) {
        let fault = state.withLock { state -> Fault? in
            guard let index = state.faults.firstIndex(where: { $0.resource == request.resource && $0.isWatch == request.isWatch }) else {
                return state.lasting[request.resource]
            }
            return state.faults.remove(at: index).fault
        }
        if let fault { return fault(request, answer) }
        if request.isWatch { watch(request, answer) } else { list(request, answer) }
    }

    func list(_ request: FakeAPIServer.Request, _ answer: FakeAPIServer.Answer) {
        let (version, objects) = state.withLock { state in
            (state.version, (state.objects[request.resource] ?? [:]).sorted { $0.key < $1.key }.map(\.value))
        }
        let start = min(Int(request.query["continue"] ?? "") ?? 0, objects.count)
        let end = min(start + (Int(request.query["limit"] ?? "") ?? .max / 2), objects.count)
        let isLast = end == objects.count
        answer.send(
            Sample.list(
                Array(objects[start..<end]), version: version, continue: isLast ? nil : "\(end)", remaining: isLast ? nil : objects.count - end))
    }

    func watch(_ request: FakeAPIServer.Request, _ answer: FakeAPIServer.Answer) {
        var sent = Int(request.query["resourceVersion"] ?? "") ?? 0
        let isTooOld = state.withLock { sent < $0.oldest }
        guard !isTooOld else { return answer.send(Sample.status(410, reason: "Expired"), status: 410) }
        answer.begin()
        let breaks = state.withLock { $0.breaks }
        while true {
            var events: [String] = []
            let isThere = answer.wait {
                if state.withLock({ $0.breaks != breaks }) { answer.cut() }
                events = state.withLock { state in
                    defer { sent = max(sent, state.version) }
                    return state.log.filter { $0.resource == request.resource && $0.version > sent }.map(\.event)
                }
                return !events.isEmpty
            }
            guard isThere else { return answer.cut() }
            for event in events { answer.chunk(event) }
        }
    }
}

/// Keeps what a watch hands on, as an identity table would.
final class Store: ObjectSink {
    private struct State {
        var objects: [Resource: [String: KubernetesObject]] = [:]
        var log: [String] = []
        var listed: [KubernetesObject] = []
    }

    private let state = Mutex(State())

    func take(_ changes: [ObjectChange], receivedAt: Timestamp) {
        state.withLock { state in
            for change in changes {
                switch change {
                case .listing(_, _, let objects, let isFirst):
                    state.listed = (isFirst ? [] : state.listed) + objects
                case .replacing(let resource, let namespace, let last):
                    let objects = state.listed + last
                    state.listed = []
                    state.objects[resource] = (state.objects[resource] ?? [:]).filter { namespace != nil && $0.value.metadata.namespace != namespace }
                    for object in objects { state.objects[resource, default: [:]][object.metadata.name] = object }
                case .put(let object):
                    state.objects[object.resource, default: [:]][object.metadata.name] = object
                case .remove(let resource, _, let name, _):
                    state.objects[resource]?[name] = nil
                }
                if case .replacing(let resource, _, _) = change, resource != .pods { continue }
                state.log.append(change.brief)
            }
        }
    }

    /// The pods and their first addresses.
    var pods: [String: String] {
        state.withLock { state in
            (state.objects[.pods] ?? [:]).mapValues { if case .pod(let pod) = $0 { pod.addresses.first?.description ?? "" } else { "" } }
        }
    }

    /// Changes of pods, in brief.
    var log: [String] { state.withLock { $0.log } }
}
