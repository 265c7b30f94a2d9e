import Foundation
import KubernetesClient
import KubernetesObjects
import Support
import Testing

@Suite("Objects told apart while they stream") struct ItemStreamTests {
    /// What a stream makes of a text that comes in these pieces.
    private struct Outcome: Equatable {
        var items: [String] = []
        var envelope = ""
        var isWhole = false
        var failure: ItemStream.Failure?
    }

    /// The kinds of a list's items.
    private struct Items: Decodable {
        struct Kind: Decodable {
            var kind: String?
        }

        var items: [Kind]
    }

    private func read(_ pieces: some Sequence<some Collection<UInt8>>, _ stream: ItemStream = .list(of: .pods)) -> Outcome {
        var stream = stream
        var outcome = Outcome()
        do {
            for piece in pieces { try stream.take(Array(piece)) { outcome.items.append(String(decoding: $0, as: UTF8.self)) } }
        } catch {
            outcome.failure = error
        }
        outcome.envelope = String(decoding: stream.envelope, as: UTF8.self)
        outcome.isWhole = stream.isWhole
        return outcome
    }

    private func read(_ text: String, _ stream: ItemStream = .list(of: .pods)) -> Outcome {
        read([Array(text.utf8)], stream)
    }

    private let page = Sample.list([Sample.pod("a"), Sample.pod("b\\u00e9\\\\"), "{}", "[ ]", "7", "null"], version: 10, continue: "t", remaining: 3)

    @Test("A list comes apart into its objects, of which only what is read is kept")
    func list() {
        let outcome = read(page)
        #expect(outcome.isWhole && outcome.failure == nil)
        #expect(outcome.envelope == #"{"kind":"PodList","metadata":{"resourceVersion":"10","continue":"t","remainingItemCount":3},"items":[]}"#)
        #expect(
            outcome.items.first
                == #"{"metadata":{"name":"a","namespace":"shop","uid":"uid-a","resourceVersion":"1","labels":{"app":"web"},"annotations":{}},"#
                + #""spec":{"containers":[{"ports":[{"containerPort":8080,"protocol":"TCP"}]}],"nodeName":"worker-0"},"#
                + #""status":{"phase":"Running","podIP":"10.128.2.9","podIPs":[{"ip":"10.128.2.9"}],"startTime":"2026-11-20T08:00:05Z"}}"#)
        #expect(outcome.items.dropFirst(2) == ["{}", "[]", "7", "null"])
    }

    @Test("Wherever a list is cut in two, the same comes of it")
    func cutsOfList() {
        let octets = Array(page.utf8)
        let whole = read([octets])
        for cut in 0...octets.count {
            #expect(read([octets[..<cut], octets[cut...]]) == whole)
        }
        #expect(read(octets.map { [$0] }) == whole)
    }

    @Test("Wherever a watch is cut, and with whatever space between its events, the same comes of it")
    func cutsOfWatch() {
        let events = [
            Sample.event("ADDED", Sample.pod("a")), Sample.bookmark(3),
            Sample.event("ERROR", Sample.status(410, reason: "Expired", message: "too \\\"old")),
        ]
        let octets = Array(events.joined(separator: "\r\n\t ").utf8)
        let whole = read([octets], .watch(of: .pods))
        #expect(whole.items.count == 3 && whole.isWhole && whole.failure == nil)
        #expect(whole.items.last?.contains(#""code":410"#) == true && whole.items.last?.contains(#"too \"old"#) == true)
        for cut in 0...octets.count {
            #expect(read([octets[..<cut], octets[cut...]], .watch(of: .pods)) == whole)
        }
        #expect(read([Array(events.map { $0.dropLast() }.joined().utf8)], .watch(of: .pods)) == whole)
    }

    @Test("Until its last octet has come, nothing is whole")
    func prefixes() {
        let octets = Array(page.dropLast().utf8)
        for length in 0..<octets.count { #expect(!read([octets[..<length]]).isWhole) }
        let event = Array(Sample.event("ADDED", Sample.pod("a")).dropLast().utf8)
        for length in 1..<event.count {
            let outcome = read([event[..<length]], .watch(of: .pods))
            #expect(!outcome.isWhole && outcome.items.isEmpty)
        }
    }

    @Test("What is kept of an object reads as the object does, for all of a cluster's resources")
    func sameAsWhole() throws {
        let folder = SharedFiles.captures.appending(path: "nat")
        func check<Object: Decodable & Equatable>(_ type: Object.Type, _ resource: Resource, _ file: String, _ kind: String) throws -> Int {
            let data = try Data(contentsOf: folder.appending(path: file))
            let kinds = try JSONDecoder().decode(Items.self, from: data).items.map(\.kind)
            let whole = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
            let originals = try #require(whole["items"] as? [Any])
            let kept = read([Array(data)], .list(of: resource)).items
            #expect(kept.count == originals.count)
            for (index, item) in kept.enumerated() where kinds[index] == kind {
                let original = try JSONDecoder().decode(type, from: JSONSerialization.data(withJSONObject: originals[index]))
                #expect(try JSONDecoder().decode(type, from: Data(item.utf8)) == original)
            }
            return kinds.count { $0 == kind }
        }
        #expect(try check(Pod.self, .pods, "pods.json", "Pod") > 0)
        #expect(try check(Node.self, .nodes, "nodes.json", "Node") > 0)
        #expect(try check(Service.self, .services, "services.json", "Service") > 0)
        #expect(try check(EndpointSlice.self, .endpointSlices, "endpointslices.json", "EndpointSlice") > 0)
    }

    @Test("Every annotation that is read is kept, and no other")
    func annotations() throws {
        let names = AddressAnnotation.allCases.map(\.rawValue)
        let annotations = (names + ["k8s.ovn.org/node-mgmt-port-mac-address"]).map { #""\#($0)":"10.0.0.1""# }.joined(separator: ",")
        let list = #"{"kind":"NodeList","items":[{"metadata":{"name":"a","annotations":{\#(annotations)}}}]}"#
        let item = try #require(read(list, .list(of: .nodes)).items.first)
        #expect(!item.contains("mac-address"))
        #expect(
            try JSONDecoder().decode(Node.self, from: Data(item.utf8)).metadata.annotations
                == Dictionary(uniqueKeysWithValues: names.map { ($0, "10.0.0.1") }))
    }

    @Test("Owners, and when it is deleted, are kept of an object whose metadata is all that is asked for")
    func metadataOnly() throws {
        let text = """
            {"kind":"PartialObjectMetadataList","metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"web-5f","namespace":"shop","uid":"u",
            "labels":{"a":"b"},"deletionTimestamp":"2026-11-20T08:00:05Z",
            "ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment","name":"web","uid":"o","controller":true,"blockOwnerDeletion":true}]}}]}
            """
        let item = try #require(read(text, .list(of: .replicaSets)).items.first)
        let metadata = try JSONDecoder().decode(ReplicaSet.self, from: Data(item.utf8)).metadata
        #expect(metadata.controller?.kind == "Deployment" && metadata.controller?.name == "web" && metadata.controller?.uid == "o")
        #expect(metadata.labels == nil && metadata.deletionTimestamp?.timestamp.seconds == 1_795_161_605)
    }

    @Test(
        "What is no JSON is refused where that shows",
        arguments: [
            "x", "}", "[", "\"a\"", "{]", "{,}", "{1:2}", #"{"a"}"#, #"{"a" 1}"#, #"{"a":}"#, #"{"a":,}"#, #"{"a":1 2}"#, #"{"a":1]"#,
            #"{"a":"b""c"}"#,
            #"{"a":1"b"}"#, #"{"a":t{}}"#, #"{"a":]}"#, #"{"items":[}"#, #"{"items":[{}{}]}"#, #"{"items":[,{}]}"#, #"{"items":[{},]}"#,
            "{}{}", "{} x", #"{"a"::1}"#, #"{"a":1,}"#,
        ])
    func malformed(text: String) {
        #expect(read(text).failure == .malformed, "\(read(text))")
    }

    @Test("A string without an end takes no memory where it is dropped, and a bounded amount where it is kept")
    func endlessStrings() {
        let piece = Array(repeating: UInt8(ascii: "x"), count: 1 << 20)
        func stream(_ start: String, pieces: Int) -> Outcome {
            var parts = [Array(start.utf8)]
            parts += Array(repeating: piece, count: pieces)
            return read(parts)
        }
        #expect(stream(#"{"items":[{"spec":{"dropped":""#, pieces: 64).failure == nil)
        #expect(stream(#"{"items":[{"dropped"#, pieces: 64).failure == nil)
        #expect(stream(#"{"items":[{"metadata":{"name":""#, pieces: 5).failure == .tooLarge)
        #expect(stream(#"{"items":[{"metadata":{"labels":{""#, pieces: 5).failure == .tooLarge)
        #expect(stream(#"{"metadata":{"continue":""#, pieces: 5).failure == .tooLarge)
        #expect(stream(#"{"items":["#, pieces: 5).failure == .tooLarge)
    }

    @Test("Nesting without an end takes no memory where it is dropped, and is refused or bounded where it is kept")
    func endlessNesting() {
        let piece = Array(repeating: UInt8(ascii: "["), count: 1 << 20)
        func stream(_ start: String, pieces: Int) -> Outcome {
            var parts = [Array(start.utf8)]
            parts += Array(repeating: piece, count: pieces)
            return read(parts)
        }
        #expect(stream(#"{"items":[{"spec":{"dropped":"#, pieces: 32).failure == nil)
        #expect(stream(#"{"items":[{"spec":"#, pieces: 1).failure == .tooDeep)
        #expect(stream(#"{"items":"#, pieces: 1).failure == .tooDeep)
        #expect(stream(#"{"metadata":"#, pieces: 1).failure == .tooDeep)
        #expect(stream(#"{"items":[{"metadata":{"labels":"#, pieces: 5).failure == .tooLarge)
    }

    @Test("Labels nested deeper than a decoder goes are an object that cannot be read, not a crash")
    func deepLabels() {
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        var driver = Driver()
        driver.answer(Sample.list([#"{"metadata":{"name":"x","labels":\#(deep)}}"#, Sample.pod("a")], version: 10))
        #expect(driver.applied == ["= a"] && driver.status.unreadable == 1)
    }

    @Test("Of octets at random, and of lists with octets changed at random, nothing crashes")
    func random() {
        var random = SeededGenerator(seed: 7)
        let valid = Array((page + Sample.event("ADDED", Sample.pod("a"))).utf8)
        let alphabet = Array(#"{}[]",:\ntrue0 "#.utf8)
        for round in 0..<4000 {
            var octets = round % 2 == 0 ? valid : (0..<200).map { _ in alphabet.randomElement(using: &random) ?? 0 }
            for _ in 0..<3 {
                guard let index = octets.indices.randomElement(using: &random) else { continue }
                octets[index] = Bool.random(using: &random) ? alphabet.randomElement(using: &random) ?? 0 : UInt8.random(in: 0...255, using: &random)
            }
            for stream in [ItemStream.list(of: .pods), .watch(of: .services)] {
                let whole = read([octets], stream)
                let cut = Int.random(in: 0...octets.count, using: &random)
                #expect(read([octets[..<cut], octets[cut...]], stream) == whole)
            }
        }
    }
}
