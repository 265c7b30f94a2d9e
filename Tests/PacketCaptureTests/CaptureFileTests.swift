import FlowModel
import Foundation
import PacketCapture
import Testing

/// Real captures: those that stand beside the repository, in `shared/captures`.
@Suite struct CaptureFileTests {
    private struct Entry: Decodable {
        struct Exporter: Decodable { var datagrams: Int? }
        var file: String
        var `protocol`: String?
        var udp_packets: Int?
        var dst_port: UInt16
        var bytes: Int
        var exporters: [Exporter]?
    }

    private static func url(_ name: String) throws -> URL {
        var folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        while folder.path != "/" {
            let shared = folder.appendingPathComponent("shared")
            if FileManager.default.fileExists(atPath: shared.path) { return shared.appendingPathComponent(name) }
            folder.deleteLastPathComponent()
        }
        throw CaptureError(file: name, problem: "no folder above the tests has shared")
    }

    private static func entries(_ folder: String) throws -> [Entry] {
        try JSONDecoder().decode([Entry].self, from: Data(contentsOf: url(folder + "manifest.json")))
    }

    @Test("Every capture of the manifests gives its number of datagrams", arguments: ["captures/", "captures/nat/"])
    func manifests(folder: String) throws {
        for entry in try Self.entries(folder) {
            let path = try Self.url(folder + entry.file).path
            var reader = try ExportDatagramReader(path: path)
            #expect(reader.totalBytes == entry.bytes)
            var datagrams = 0
            var last = Timestamp.unknown
            while let datagram = try reader.next() {
                datagrams += 1
                #expect(datagram.destinationPort == entry.dst_port)
                #expect(datagram.timestamp >= last)
                last = datagram.timestamp
            }
            #expect(reader.bytesRead == entry.bytes)
            if entry.protocol?.hasPrefix("TCP") == true {
                #expect(datagrams == 0, "\(entry.file)")
                #expect(reader.packets == entry.udp_packets, "\(entry.file)")
                #expect(reader.skipped.otherProtocols == reader.packets)
            } else {
                let expected = entry.udp_packets ?? entry.exporters?.reduce(0) { $0 + ($1.datagrams ?? 0) }
                #expect(datagrams == expected, "\(entry.file)")
                #expect(reader.skipped.total == 0, "\(entry.file)")
            }
        }
    }

    @Test("The vendors' captures open and give datagrams")
    func vendors() throws {
        let folder = try Self.url("vendor-datagrams").path
        for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() where name.hasSuffix(".pcap") {
            var reader = try ExportDatagramReader(path: folder + "/" + name)
            var datagrams = 0
            while try reader.next() != nil { datagrams += 1 }
            #expect(datagrams > 0, "\(name)")
            #expect(datagrams + reader.skipped.total == reader.packets, "\(name): \(reader.skipped)")
        }
    }

    @Test("A capture cut off by its snapshot length says so by the packet")
    func snapshotLength() throws {
        var reader = try ExportDatagramReader(path: Self.url("captures/pods-traffic.pcap").path)
        while try reader.next() != nil {}
        #expect(reader.packets == 4461)
        #expect(reader.skipped.cutShort > 0)
        #expect(reader.skipped.otherProtocols > 0)
    }
}
