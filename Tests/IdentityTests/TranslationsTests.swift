import FlowModel
import Identity
import Testing

@Suite struct TranslationsTests {
    private let identity: TestIdentity
    private let start = Timestamp(seconds: 1_000_000)
    private let service: TransportAddress
    private let client: TransportAddress
    private let backends: [TransportAddress]

    init() throws {
        identity = try TestIdentity(
            """
            - {kind: Service, metadata: {name: s, namespace: n}, spec: {clusterIP: 172.30.0.1, ports: [{port: 80}]}}
            - {kind: EndpointSlice, metadata: {name: s-1, namespace: n, labels: {kubernetes.io/service-name: s}}, ports: [{port: 8080}], endpoints: [{addresses: [10.0.0.1]}, {addresses: [10.0.0.2]}]}
            """)
        service = try identity.transport("172.30.0.1", 80)
        client = try identity.transport("10.0.0.9", 40000)
        backends = [try identity.transport("10.0.0.1", 8080), try identity.transport("10.0.0.2", 8080)]
    }

    private func seconds(_ count: Int64) -> Timestamp { start.advanced(by: count * 1_000_000_000) }

    @Test("The backend that answered a client last is what a Service's address was translated to")
    func latest() {
        var translations = Translations(seed: 7)
        #expect(translations.backend(of: service, for: client, at: start, in: identity.snapshot) == nil)
        translations.learn(client: client, backend: backends[0], at: seconds(0))
        #expect(translations.backend(of: service, for: client, at: seconds(1), in: identity.snapshot) == backends[0])
        translations.learn(client: client, backend: backends[1], at: seconds(5))
        #expect(translations.backend(of: service, for: client, at: seconds(6), in: identity.snapshot) == backends[1])
        translations.learn(client: client, backend: backends[0], at: seconds(7))
        #expect(translations.backend(of: service, for: client, at: seconds(8), in: identity.snapshot) == backends[0])
    }

    @Test("What does not back the Service, and other clients and ports, are no answer")
    func others() throws {
        var translations = Translations()
        translations.learn(client: client, backend: try identity.transport("10.0.0.3", 8080), at: start)
        translations.learn(client: client, backend: try identity.transport("10.0.0.1", 81), at: start)
        #expect(translations.backend(of: service, for: client, at: start, in: identity.snapshot) == nil)
        translations.learn(client: client, backend: backends[0], at: start)
        #expect(translations.backend(of: service, for: try identity.transport("10.0.0.9", 40001), at: start, in: identity.snapshot) == nil)
        #expect(translations.backend(of: service, for: try identity.transport("10.0.0.9", 40000, 17), at: start, in: identity.snapshot) == nil)
        #expect(translations.backend(of: try identity.transport("172.30.0.1", 81), for: client, at: start, in: identity.snapshot) == nil)
    }

    @Test("After ten minutes without a record a translation is no longer believed")
    func age() {
        var translations = Translations()
        translations.learn(client: client, backend: backends[0], at: seconds(0))
        translations.learn(client: client, backend: backends[0], at: seconds(300))
        #expect(translations.backend(of: service, for: client, at: seconds(899), in: identity.snapshot) == backends[0])
        #expect(translations.backend(of: service, for: client, at: seconds(900), in: identity.snapshot) == nil)
    }

    @Test("The table does not grow: what was not seen for longest makes room")
    func bounds() throws {
        var translations = Translations(seed: 3)
        translations.learn(client: client, backend: backends[0], at: seconds(0))
        for host in UInt32(0)..<400_000 {
            let other = TransportAddress(address: IPAddress(v4: 0x0B00_0000 + host), port: 40000, protocolNumber: 6)
            translations.learn(client: other, backend: backends[1], at: seconds(1))
        }
        #expect(translations.backend(of: service, for: client, at: seconds(2), in: identity.snapshot) == nil)
        let last = TransportAddress(address: IPAddress(v4: 0x0B00_0000 + 399_999), port: 40000, protocolNumber: 6)
        #expect(translations.backend(of: service, for: last, at: seconds(2), in: identity.snapshot) == backends[1])
    }

    @Test("One client's port talks with two Services at once")
    func twoServices() throws {
        let identity = try TestIdentity(
            documents:
                """
                kind: EndpointSliceList
                items:
                - {metadata: {name: a, namespace: n, labels: {kubernetes.io/service-name: a}}, addressType: IPv4, ports: [{port: 53}], endpoints: [{addresses: [10.0.0.1]}]}
                - {metadata: {name: b, namespace: n, labels: {kubernetes.io/service-name: b}}, addressType: IPv4, ports: [{port: 53}], endpoints: [{addresses: [10.0.0.2]}]}
                ---
                kind: ServiceList
                items:
                - {metadata: {name: a, namespace: n}, spec: {clusterIP: 172.30.0.1, ports: [{port: 53}]}}
                - {metadata: {name: b, namespace: n}, spec: {clusterIP: 172.30.0.2, ports: [{port: 53}]}}
                """)
        var translations = Translations()
        let client = try TransportAddress("10.0.0.9:5000")
        for backend in ["10.0.0.1:53", "10.0.0.2:53"] { translations.learn(client: client, backend: try TransportAddress(backend), at: start) }
        for (service, backend) in ["172.30.0.1:53": "10.0.0.1:53", "172.30.0.2:53": "10.0.0.2:53"] {
            let found = translations.backend(of: try TransportAddress(service), for: client, at: start, in: identity.snapshot)
            #expect(found == (try TransportAddress(backend)))
        }
    }
}
