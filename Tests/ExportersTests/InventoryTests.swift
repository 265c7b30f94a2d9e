import FlowModel
import FlowProtocols
import Testing

import Exporters

@Suite("The inventory")
struct InventoryTests {
    private func session(port: UInt16, address: UInt32 = 0x0A00_0001) -> ExporterSession {
        ExporterSession(address: IPAddress(v4: address), sourcePort: port, localPort: 4739, configuration: nil, defaultSamplingRate: 1)
    }

    private func feed(
        _ session: inout ExporterSession, _ exportProtocol: ExportProtocol, from first: UInt32, over duration: ClosedRange<Int>,
        agent: IPAddress? = nil
    ) {
        for second in duration {
            var batch = FlowBatch()
            let summary = summary(exportProtocol, sequence: first + UInt32(second)) { summary in
                summary.agentAddress = agent
                summary.records = 1
            }
            session.normalise(&batch, summary: summary, receivedAt: seconds(Double(second)))
        }
    }

    @Test("Sessions of one address are one exporter; what they received adds up, under its configured name")
    func exporters() throws {
        var first = session(port: 1000)
        feed(&first, .ipfix, from: 1, over: 0...9)
        var second = session(port: 2000)
        feed(&second, .sflow5, from: 1, over: 5...20, agent: IPAddress(v4: 0x0A80_0202))
        var other = session(port: 1000, address: 0x0A00_0002)
        var broken = DatagramSummary()
        broken.errors = [.unknownVersion]
        var batch = FlowBatch()
        other.normalise(&batch, summary: broken, receivedAt: noon)
        var configured = ExportersConfiguration.Exporter(address: IPAddress(v4: 0x0A00_0001))
        configured.name = "compute-0"
        configured.node = "node-0"
        configured.profile = .openvswitch
        var configuration = ExportersConfiguration()
        configuration.exporters = [configured]

        let exporters = ExporterInventory.exporters(from: [other.status(), second.status(), first.status()], configuration: configuration)
        #expect(exporters.map(\.name) == ["compute-0", "10.0.0.2"])
        let exporter = try #require(exporters.first)
        #expect(exporter.node == "node-0" && exporter.profile == .openvswitch && exporter.isProfileConfigured)
        #expect(exporter.protocols.map(\.name) == ["ipfix", "sflow5"])
        #expect(exporter.protocols.map(\.datagrams) == [10, 16] && exporter.protocols.map(\.records) == [10, 16])
        #expect(exporter.protocols.map(\.lost) == [["records": 0], ["datagrams": 0]])
        #expect(exporter.sessions.map(\.sourcePort) == [1000, 2000] && exporter.sessions.last?.agents == ["10.128.2.2"])
        #expect(exporter.lastSeen == seconds(20).seconds && !exporter.addressIsShared)
        #expect(exporters.last?.protocols.first?.decodeErrors == ["unknown_version": 1])
    }

    @Test("Two sessions at once that number one domain each for itself are told as a shared address; one after the other is a restart")
    func shared() {
        var one = session(port: 1000)
        feed(&one, .ipfix, from: 1, over: 0...120)
        var other = session(port: 2000)
        feed(&other, .ipfix, from: 70_000, over: 10...120)
        var restarted = session(port: 3000)
        feed(&restarted, .ipfix, from: 70_000, over: 121...240)
        func words(_ sessions: [ExporterSession]) -> [String] {
            ExporterInventory.exporters(from: sessions.map { $0.status() }, configuration: .init()).flatMap(\.sharedAddress)
        }
        #expect(words([one, other]) == ["ipfix domain 0 comes from ports 1000 and 2000 with sequence numbers of their own: 122, 70121"])
        #expect(words([one, restarted]).isEmpty)
    }

    @Test("Sessions of different sFlow agents share an address")
    func agents() {
        var one = session(port: 1000)
        feed(&one, .sflow5, from: 1, over: 0...100, agent: IPAddress(v4: 0x0A80_0202))
        var other = session(port: 2000)
        feed(&other, .sflow5, from: 1, over: 0...100, agent: IPAddress(v4: 0x0A81_0202))
        let exporters = ExporterInventory.exporters(from: [one.status(), other.status()], configuration: .init())
        #expect(exporters.first?.sharedAddress.first?.contains("different sFlow agents: 10.128.2.2, 10.129.2.2") == true)
    }

    @Test("A template that keeps changing its definition is told")
    func flapping() {
        var session = session(port: 1)
        for second in 0..<6 {
            _ = session.count([], facts: [.template(domain: 7, id: 256, traits: [])], at: seconds(Double(second)))
        }
        #expect(session.status().contradictions == ["template 256 of domain 7 keeps changing its definition"])
        #expect(session.status().templates == 1)
    }

    @Test("What one session has shown is known of its address")
    func detected() {
        var ovs = session(port: 1)
        _ = ovs.count([], facts: [.template(domain: 0, id: 256, traits: .openVSwitch)])
        let profiles = ExporterInventory.detectedProfiles(of: [session(port: 2).status(), ovs.status()])
        #expect(profiles == [IPAddress(v4: 0x0A00_0001): .openvswitch])
    }
}

@Suite("Interface counters")
struct InterfaceTotalsTests {
    private func sample(octets: UInt64, packets: UInt32, sequence: UInt32, discards: UInt32 = 0) -> InterfaceCounters {
        var counters = InterfaceCounters()
        counters.index = 7
        counters.speed = 10_000_000_000
        counters.sequenceNumber = sequence
        counters.input.octets = octets
        counters.input.unicastPackets = packets
        counters.input.multicastPackets = 1
        counters.input.discards = discards
        return counters
    }

    private func totals(after samples: [InterfaceCounters]) -> InterfaceTotals.Direction? {
        var totals = InterfaceTotals()
        for sample in samples { totals.take(sample, from: IPAddress(v4: 1), at: noon) }
        return totals.labelledRows { _, _, _ in nil }.first?.row.input
    }

    @Test("The first sample is exposed as it is, and packet counters go on over their wrap")
    func wrap() {
        let total = totals(after: [
            sample(octets: 1 << 40, packets: .max - 9, sequence: 100), sample(octets: 1 << 41, packets: 10, sequence: 101, discards: 3),
        ])
        #expect(total?.octets == 1 << 41 && total?.packets == UInt64(UInt32.max) - 9 + 20 + 1 && total?.discards == 3)
    }

    @Test("Octets that go back are a restart: the totals begin anew")
    func restart() {
        let total = totals(after: [sample(octets: 5000, packets: 50, sequence: 100, discards: 9), sample(octets: 100, packets: 2, sequence: 1)])
        #expect(total?.octets == 100 && total?.packets == 3 && total?.discards == 0)
    }

    @Test("A late sample changes nothing, nor does a packet counter that goes back a little")
    func late() {
        let late = totals(after: [sample(octets: 5000, packets: 50, sequence: 100), sample(octets: 4000, packets: 40, sequence: 99)])
        #expect(late?.octets == 5000 && late?.packets == 51)
        let odd = totals(after: [sample(octets: 5000, packets: 50, sequence: 100), sample(octets: 6000, packets: 40, sequence: 101)])
        #expect(odd?.octets == 6000 && odd?.packets == 51)
    }

    @Test("Interfaces are bounded, labelled by name without doubles, and retired")
    func rows() {
        var totals = InterfaceTotals(limit: 3, limitOfExporter: 2)
        for (index, exporter) in [(1, 1), (2, 1), (3, 1), (1, 2), (2, 2)] as [(UInt32, UInt32)] {
            var counters = InterfaceCounters()
            counters.index = index
            totals.take(counters, from: IPAddress(v4: exporter), at: seconds(Double(exporter)))
        }
        #expect(totals.refused == 2)
        #expect(totals.labelledRows { exporter, _, _ in exporter == IPAddress(v4: 1) ? "eth0" : nil }.map(\.label) == ["eth0", "eth0 (0.2)", "1"])
        totals.retire(before: seconds(2))
        #expect(totals.labelledRows { _, _, _ in nil }.map(\.row.exporter) == [IPAddress(v4: 2)])
    }
}
