import Foundation
internal import Yams

/// The objects of a file, as `kubectl get … -o yaml` or `-o json` prints them: a List (or PodList …), or several documents.
package struct ObjectFile: Sendable {
    package var pods: [Pod] = []
    package var nodes: [Node] = []
    package var services: [Service] = []
    package var endpointSlices: [EndpointSlice] = []
    package var namespaces: [Namespace] = []
    package var replicaSets: [ReplicaSet] = []
    package var jobs: [Job] = []
    /// Objects of kinds that are not read.
    package var skipped = 0

    /// What is wrong with a file, and where: `pods.yaml:14: items[3].status.podIP: "x" is not an address (10.128.2.9, fd01:0:0:2::9)`.
    package struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// Reads a file. Throws where it cannot be read, is neither YAML nor JSON, or an object is not of its kind's form.
    package init(path: String) throws(Failure) {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            let reason = (error as? CocoaError)?.underlying.flatMap { $0 as? POSIXError }.map { unsafe String(cString: strerror($0.code.rawValue)) }
            throw Failure(description: "\(path): cannot be read: \(reason ?? error.localizedDescription)")
        }
        try self.init(data, name: path)
    }

    /// Reads a file's content; `name` is what it is called in failures.
    package init(_ data: Data, name: String) throws(Failure) {
        let isJSON = data.first { !Self.space.contains($0) } == UInt8(ascii: "{")
        let result = LargeStack.run { () -> Result<ObjectFile, Failure> in
            Result { () throws(Failure) in isJSON ? try Self.json(data, name) : try Self.yaml(data, name) }
        }
        guard let result else { throw Failure(description: "\(name): cannot be read: there is no thread to be had") }
        self = try result.get()
    }

    private static let space = Data(" \t\r\n".utf8)

    private init() {}

    /// JSON is read as such, five times as fast; but JSON is YAML, too, and composed as that it tells in which line it is wrong.
    private static func json(_ data: Data, _ name: String) throws(Failure) -> ObjectFile {
        var file = ObjectFile()
        for range in JSONDocuments.ranges(in: data) {
            do {
                file.take(try JSONDecoder().decode(ObjectOfAnyKind.self, from: data[range]))
            } catch let error as DecodingError {
                // No JSON, but maybe YAML that starts with a brace; if it is not, libyaml says where it breaks.
                if error.path.isEmpty { return try yaml(data, name) }
                let text = String(decoding: data[range], as: UTF8.self)
                let document = try? Parser(yaml: onHeap(text), resolver: .basic, encoding: .utf8).nextRoot()
                throw Failure(name: name, error, in: document, linesBefore: data[..<range.lowerBound].count { $0 == UInt8(ascii: "\n") })
            } catch {
                throw Failure(description: "\(name): \(error)")
            }
        }
        return file
    }

    private static func yaml(_ data: Data, _ name: String) throws(Failure) -> ObjectFile {
        guard let text = String(data: data, encoding: .utf8) else { throw Failure(description: "\(name): is not text in UTF-8") }
        var file = ObjectFile()
        var documents = 0
        do {
            // Scalars are typed in `YAMLAsJSON`: the basic resolver leaves YAML 1.1's guesses (no, 1_000, 12:30) out, and takes half the time.
            let parser = try Parser(yaml: Self.onHeap(text), resolver: .basic, encoding: .utf8)
            while let document = try parser.nextRoot() {
                // Between two `---` there may be nothing.
                guard !YAMLAsJSON.isNull(document) else { continue }
                documents += 1
                do {
                    file.take(try JSONDecoder().decode(ObjectOfAnyKind.self, from: YAMLAsJSON.data(document, ofTextWith: text.utf8.count)))
                } catch let error as DecodingError {
                    throw Failure(name: name, error, in: document)
                }
            }
        } catch let failure as Failure {
            throw failure
        } catch let error as YamlError {
            throw Failure(name: name, error)
        } catch {
            throw Failure(description: "\(name): \(error)")
        }
        guard documents > 0 else { throw Failure(description: "\(name): is empty; expected a List of pods, nodes and services") }
        return file
    }

    /// Yams keeps a pointer to the text's octets, which it may do only where they are on the heap: texts of up to 15 are not.
    private static func onHeap(_ text: String) -> String {
        text.utf8.count > 15 ? text : text + String(repeating: "\n", count: 16)
    }

    private mutating func take(_ object: ObjectOfAnyKind) {
        switch object {
        case .pod(let pod): pods.append(pod)
        case .node(let node): nodes.append(node)
        case .service(let service): services.append(service)
        case .endpointSlice(let slice): endpointSlices.append(slice)
        case .namespace(let namespace): namespaces.append(namespace)
        case .replicaSet(let replicaSet): replicaSets.append(replicaSet)
        case .job(let job): jobs.append(job)
        case .list(let items): for item in items { take(item) }
        case .other: skipped += 1
        }
    }
}

/// An object, whatever it is.
private indirect enum ObjectOfAnyKind: Decodable {
    case pod(Pod)
    case node(Node)
    case service(Service)
    case endpointSlice(EndpointSlice)
    case namespace(Namespace)
    case replicaSet(ReplicaSet)
    case job(Job)
    case list([ObjectOfAnyKind])
    case other

    private enum Key: String, CodingKey {
        case kind, items
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        // The items of a typed list have no kind of their own.
        func items<Item: Decodable>(_ type: Item.Type, _ wrap: (Item) -> ObjectOfAnyKind) throws -> ObjectOfAnyKind {
            // Go writes an empty list as null, too.
            .list(try container.decode([Item]?.self, forKey: .items)?.map(wrap) ?? [])
        }
        switch try container.decode(String.self, forKey: .kind) {
        case "Pod": self = .pod(try Pod(from: decoder))
        case "Node": self = .node(try Node(from: decoder))
        case "Service": self = .service(try Service(from: decoder))
        case "EndpointSlice": self = .endpointSlice(try EndpointSlice(from: decoder))
        case "Namespace": self = .namespace(try Namespace(from: decoder))
        case "ReplicaSet": self = .replicaSet(try ReplicaSet(from: decoder))
        case "Job": self = .job(try Job(from: decoder))
        case "List": self = try items(ObjectOfAnyKind.self) { $0 }
        case "PodList": self = try items(Pod.self, ObjectOfAnyKind.pod)
        case "NodeList": self = try items(Node.self, ObjectOfAnyKind.node)
        case "ServiceList": self = try items(Service.self, ObjectOfAnyKind.service)
        case "EndpointSliceList": self = try items(EndpointSlice.self, ObjectOfAnyKind.endpointSlice)
        case "NamespaceList": self = try items(Namespace.self, ObjectOfAnyKind.namespace)
        case "ReplicaSetList": self = try items(ReplicaSet.self, ObjectOfAnyKind.replicaSet)
        case "JobList": self = try items(Job.self, ObjectOfAnyKind.job)
        default: self = .other
        }
    }
}
