import FlowModel
import FlowProtocols
import Testing

import Exporters

@Suite("Open vSwitch's NetFlow v5")
struct NetFlow5ProfileTests {
    private func datagram(
        _ session: inout ExporterSession, sequence: UInt32, outputs: [(UInt32, UInt32)], samplingRate: UInt32 = 0
    ) -> [Flow] {
        let flows = outputs.map { input, output in
            flow(.netflow5, bytes: 1865, packets: 27) { flow in
                flow.inputInterface = input
                flow.outputInterface = output
                flow.samplingRate = samplingRate
            }
        }
        return session.count(flows, .netflow5) { $0.sequenceNumber = sequence }
    }

    @Test("Under OVN every output is 65533: the first datagram tells, even amid a run")
    func outputNone() {
        // captures/nat/nat-netflow5.pcap: 27 packets, 1,865 frame bytes are 1,487 IP bytes.
        var session = session()
        let out = datagram(&session, sequence: 9001, outputs: [(11, 65533)])
        #expect(out.first?.bytes == 1487)
        #expect(session.profile == .openvswitch && !session.standing.reportsBothDirections)
        #expect(session.status().corrections.contains("frame bytes: 14 bytes a packet taken off"))
    }

    @Test("On a plain bridge the exporter's first datagram tells: its number is one less than its count")
    func firstDatagram() {
        // captures/ovs-netflow5.pcap: 30 records, flow_sequence 29.
        var session = session()
        #expect(datagram(&session, sequence: 29, outputs: .init(repeating: (11, 13), count: 30)).allSatisfy { $0.bytes == 1487 })
        #expect(datagram(&session, sequence: 56, outputs: .init(repeating: (10, 65535), count: 27)).allSatisfy { $0.bytes == 1487 })
        #expect(session.profile == .openvswitch)
    }

    @Test("Amid a run on a plain bridge the sequence tells after two datagrams of different sizes")
    func sequence() {
        var session = session()
        #expect(datagram(&session, sequence: 1000, outputs: [(11, 13)]).first?.bytes == 1865)
        _ = datagram(&session, sequence: 1003, outputs: .init(repeating: (11, 13), count: 3))
        #expect(datagram(&session, sequence: 1005, outputs: .init(repeating: (11, 13), count: 2)).first?.bytes == 1487)
        #expect(session.profile == .openvswitch)
    }

    @Test("softflowd, a router that samples, and exporters that write 65535 for unknown are none")
    func others() {
        // captures/softflowd-v5.pcap: numbers 0, 30, …; vendor-datagrams/netflow5.pcap: number 0, 2 records.
        var softflowd = session()
        for sequence in [0, 30, 60] as [UInt32] {
            #expect(datagram(&softflowd, sequence: sequence, outputs: .init(repeating: (0, 0), count: 30)).allSatisfy { $0.bytes == 1865 })
        }
        var vendor = session()
        #expect(datagram(&vendor, sequence: 0, outputs: [(0, 0), (0, 0)]).first?.bytes == 1865)
        var router = session()
        #expect(datagram(&router, sequence: 1, outputs: [(1, 65533), (2, 3)], samplingRate: 100).first?.bytes == 186_500)
        var probe = session()
        #expect(datagram(&probe, sequence: 0, outputs: [(65535, 65535)]).first?.bytes == 1865)
        #expect([softflowd, vendor, router, probe].allSatisfy { $0.profile == .standard })
    }

    @Test("What another session of the address has shown is taken over, until the sequence contradicts")
    func adopted() {
        var ovs = session()
        ovs.adoptProfile(.openvswitch)
        #expect(datagram(&ovs, sequence: 5000, outputs: [(11, 13)]).first?.bytes == 1487)

        var softflowd = session()
        softflowd.adoptProfile(.openvswitch)
        for (sequence, count) in [(10, 4), (14, 7), (21, 3), (24, 5)] as [(UInt32, Int)] {
            _ = datagram(&softflowd, sequence: sequence, outputs: .init(repeating: (0, 0), count: count))
        }
        #expect(datagram(&softflowd, sequence: 29, outputs: [(0, 0)]).first?.bytes == 1865)
        #expect(softflowd.profile == .standard)
    }

    @Test("An IPFIX session is judged by its own templates, whatever runs beside it")
    func ipfixBeside() {
        var session = session()
        session.adoptProfile(.openvswitch)
        #expect(session.count([flow { $0.droppedPackets = 2 }]).first?.droppedPackets == 2)
        #expect(!session.standing.reportsBothDirections)
    }
}
