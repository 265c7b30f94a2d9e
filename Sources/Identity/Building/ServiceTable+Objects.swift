import FlowModel
import KubernetesObjects

extension ServiceTable {
    /// The backends of the Services in `objects`: what their endpoint slices say, or, of one that has none, what its selector does.
    init(of objects: ObjectFile?) {
        self.init()
        guard let objects else { return }
        let slices = Dictionary(grouping: objects.endpointSlices) { Name(namespace: $0.metadata.namespace, name: $0.serviceName ?? "") }
        var selection = PodSelection(objects.pods)
        for service in objects.services where !service.addresses.isEmpty {
            if let slices = slices[Name(namespace: service.metadata.namespace, name: service.metadata.name)] {
                for slice in slices { add(slice, to: service) }
            } else {
                for pod in selection.pods(of: service) { add(pod, to: service) }
            }
        }
    }

    private struct Name: Hashable {
        var namespace: String?
        var name: String
    }

    /// All endpoints, also those that are not ready: a connection they have goes on.
    private mutating func add(_ slice: EndpointSlice, to service: Service) {
        let addresses = slice.endpoints.flatMap(\.addresses)
        for port in service.spec?.ports ?? [] {
            // A slice's ports go by the name of the Service's port; a Service with one port need not name it.
            for target in slice.ports ?? [] where (target.name ?? "") == (port.name ?? "") && (target.protocol ?? .tcp) == (port.protocol ?? .tcp) {
                guard let number = target.port?.rawValue else { continue }
                for address in addresses { link(address, number, to: service, port) }
            }
        }
    }

    private mutating func add(_ pod: Pod, to service: Service) {
        for port in service.spec?.ports ?? [] {
            let number: UInt16?
            switch port.targetPort {
            case nil: number = port.port.rawValue
            case .number(let target): number = target
            case .name(let name):
                number = pod.ports.first { $0.name == name && ($0.protocol ?? .tcp) == (port.protocol ?? .tcp) }?.containerPort.rawValue
            }
            guard let number else { continue }
            for address in pod.addresses { link(address, number, to: service, port) }
        }
    }

    private mutating func link(_ backend: IPAddress, _ backendPort: UInt16, to service: Service, _ port: Service.Spec.Port) {
        let number = (port.protocol ?? .tcp).number
        for address in service.addresses where address.isV4 == backend.isV4 {
            add(
                TransportAddress(address: backend, port: backendPort, protocolNumber: number),
                to: TransportAddress(address: address, port: port.port.rawValue, protocolNumber: number))
        }
    }
}

/// Finds the pods that a selector selects, by way of their labels, which are sorted out at the first question.
private struct PodSelection {
    private struct Label: Hashable {
        var namespace: String?
        var key: String
        var value: String
    }

    private let pods: [Pod]
    private var labelled: [Label: [Int]]?

    init(_ pods: [Pod]) {
        self.pods = pods
    }

    /// The pods behind a Service; none for one without a selector, whose endpoints somebody else keeps.
    mutating func pods(of service: Service) -> [Pod] {
        guard let selector = service.spec?.selector, !selector.isEmpty else { return [] }
        let labelled = self.labelled ?? sorted()
        self.labelled = labelled
        let candidates = selector.map { labelled[Label(namespace: service.metadata.namespace, key: $0.key, value: $0.value)] ?? [] }
        let fewest = candidates.min { $0.count < $1.count } ?? []
        return fewest.map { pods[$0] }.filter { pod in selector.allSatisfy { pod.metadata.labels?[$0.key] == $0.value } }
    }

    private func sorted() -> [Label: [Int]] {
        var labelled: [Label: [Int]] = [:]
        for (index, pod) in pods.enumerated() where !pod.hasEnded {
            for (key, value) in pod.metadata.labels ?? [:] {
                labelled[Label(namespace: pod.metadata.namespace, key: key, value: value), default: []].append(index)
            }
        }
        return labelled
    }
}
