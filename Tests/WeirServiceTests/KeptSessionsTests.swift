import Exporters
import FlowModel
import FlowProtocols
import Testing

import WeirService

/// What of the sessions is kept over a restart, and what stays in memory.
@Suite struct KeptSessionsTests {
    private let now = Timestamp(seconds: 1_800_000_000)

    private func session(
        _ host: UInt32, port: UInt16 = 4739, heard hoursAgo: Int64 = 0, isKnown: Bool = false, isEstablished: Bool = false, fields: Int = 1
    ) -> SavedSessionState {
        let address = IPAddress(v4: host)
        let exporter = ExporterSession(address: address, sourcePort: port, localPort: 2055, configuration: nil, defaultSamplingRate: 1)
        let field = TemplateField(element: 1, length: 4)
        let templates = stride(from: 0, to: fields, by: 1024).map { first in
            SavedTemplates.Template(
                version: 10, domain: 1, id: UInt16(256 + first / 1024), fields: [TemplateField](repeating: field, count: min(1024, fields - first)))
        }
        return SavedSessionState(
            key: SessionKey(address: address, sourcePort: port, localPort: 2055), lastHeard: 1_800_000_000 - hoursAgo * 3600, isKnown: isKnown,
            isEstablished: isEstablished, templates: SavedTemplates(templates: templates), exporter: exporter.saved())
    }

    private func hosts(_ kept: KeptSessions) -> Set<IPAddress> { Set(kept.sorted.map(\.key.address)) }

    @Test("Strangers heard later push out neither known nor established sessions, and get half of the places")
    func places() {
        var kept = KeptSessions([])
        kept.take((0..<2500).map { session(1 + $0, heard: 20, isKnown: $0 % 2 == 0, isEstablished: $0 % 2 == 1) }, at: now)
        kept.take((0..<10_000).map { session(100_000 + $0) }, at: now)
        #expect(kept.sorted.count == 4096)
        #expect(hosts(kept).isSuperset(of: (0..<2500).map { IPAddress(v4: 1 + $0) }))
        var strangersOnly = KeptSessions([])
        strangersOnly.take((0..<10_000).map { session(100_000 + $0) }, at: now)
        #expect(strangersOnly.sorted.count == 2048)
    }

    @Test("Known sessions are kept before established ones, each with those heard last first")
    func order() {
        var kept = KeptSessions([])
        kept.take((0..<3000).map { session(1 + $0, heard: 9, isKnown: true) } + (0..<3000).map { session(10_001 + $0, isEstablished: true) }, at: now)
        kept.take([session(9_000, heard: 8, isKnown: true)], at: now)
        let hosts = hosts(kept)
        #expect(hosts.count == 4096 && hosts.isSuperset(of: (0..<3000).map { IPAddress(v4: 1 + $0) }) && hosts.contains(IPAddress(v4: 9_000)))
    }

    @Test("Large sessions of strangers get half of the fields; one too large for what is left takes nothing from those after it")
    func fields() {
        var kept = KeptSessions([])
        kept.take((0..<8).map { session(1 + $0, fields: 60_000) } + [session(100, heard: 1, fields: 5000)], at: now)
        #expect(kept.sorted.count == 3 && hosts(kept).contains(IPAddress(v4: 100)))
        kept.take((0..<5).map { session(200 + $0, heard: 5, isKnown: true, fields: 60_000) }, at: now)
        #expect(kept.sorted.filter { $0.isKnown == true }.count == 4)
        kept.take([session(300, heard: 6, isKnown: true, fields: 20)], at: now)
        #expect(hosts(kept).contains(IPAddress(v4: 300)))
    }

    @Test("What was established before a restart stays so while it is kept")
    func sticky() {
        var kept = KeptSessions([session(1, isEstablished: true)])
        kept.take([session(1)], at: now)
        #expect(kept.sorted.first?.isEstablished == true && !kept.isChanged)
        kept.take([session(1, isKnown: true)], at: now)
        #expect(kept.sorted.first?.isKnown == true && kept.isChanged)
    }

    @Test("What has not been heard for a week is not kept")
    func age() {
        var kept = KeptSessions([session(1, heard: 200, isKnown: true), session(2, heard: 100)])
        kept.take([], at: now)
        #expect(hosts(kept) == [IPAddress(v4: 2)] && kept.isChanged)
    }

    // MARK: The table that they come from

    private func add(_ key: SessionKey, to table: inout SessionTable, template: [UInt8] = [], isKnown: Bool = false) -> Int? {
        let session = Session(key: key, configuration: nil, defaultSamplingRate: 1, node: nil, at: now)
        guard let index = table.add(session, isKnown: isKnown) else { return nil }
        var batch = FlowBatch()
        _ = unsafe template.withUnsafeBytes { unsafe table[index].decoder.decode($0, receivedAt: now, into: &batch) }
        table.settle(index)
        return index
    }

    @Test("Memory is not made at the cost of open TCP connections: their templates come but once")
    func connections() throws {
        var limits = SessionLimits()
        limits.memory = HeldBytes(templates: 8000, keptData: 8000, pendingFlows: 8000, runningTotals: 8000, facts: 8000)
        var table = SessionTable(limits: limits)
        // IPFIX: a template of one field.
        let template: [UInt8] = [0, 10, 0, 28, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 12, 1, 0, 0, 1, 0, 1, 0, 4]
        var connected: Set<Int> = []
        var others: Set<Int> = []
        for host in UInt32(1)...10 {
            let isConnection = host % 2 == 0
            let key = SessionKey(address: IPAddress(v4: host), sourcePort: 1, localPort: 4739, connection: isConnection ? host : 0)
            let index = try #require(add(key, to: &table, template: template))
            if isConnection { connected.insert(index) } else { others.insert(index) }
        }
        let victims = table.idleVictims(at: now.advanced(by: 2 * SessionLimits.probation))
        #expect(Set(victims) == others)
    }

    @Test("A session is to be saved anew when it is established, and when its address becomes known")
    func standing() throws {
        var table = SessionTable()
        let key = SessionKey(address: IPAddress(v4: 1), sourcePort: 1, localPort: 4739)
        let index = try #require(add(key, to: &table))
        table.noteHeard(index, hasRecords: true, at: now)
        #expect(table.takeChanged(limit: 9) == [index])
        table.noteHeard(index, hasRecords: true, at: now.advanced(by: SessionLimits.probation))
        #expect(table.takeChanged(limit: 9) == [index])
        table.setKnown { _ in false }
        #expect(table.takeChanged(limit: 9).isEmpty)
        table.setKnown { _ in true }
        #expect(table.takeChanged(limit: 9) == [index])
    }

    @Test("What many shards hold together is told beyond 2 GiB")
    func sums() {
        var sums = HeldSums()
        for _ in 0..<100 { sums.add(HeldBytes(templates: 48 << 20, keptData: 1, pendingFlows: 0, runningTotals: 0, facts: 2)) }
        #expect(sums[.templates] == 4800 << 20 && sums[.keptData] == 100 && sums[.facts] == 200)
    }
}
