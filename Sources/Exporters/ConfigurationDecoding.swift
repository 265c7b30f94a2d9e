import ConfigurationFile
import FlowModel

extension ExportersConfiguration {
    /// Reads `exporters`, `collector.default_sampling_rate` and `collector.protocol_preference` of the file's root; what is absent or wrong stays at its default.
    package init(from root: Section) {
        self.init()
        let collector = root.section("collector")
        collector.read("default_sampling_rate", as: .samplingRate, into: &defaultSamplingRate)
        if let preferred = collector.list("protocol_preference", of: .exportProtocol) {
            protocolPreference = preferred + Self.defaultProtocolPreference.filter { !preferred.contains($0) }
        }
        var addresses = Repeats<IPAddress>()
        var names = Repeats<String>()
        for section in root.sections("exporters") {
            let address = section.required("address", as: .address)
            var exporter = Exporter(address: address ?? .unspecified)
            section.read("name", as: .name, into: &exporter.name)
            section.read("node", as: .name, into: &exporter.node)
            section.read("profile", as: .word, into: &exporter.profile)
            section.read("trust_drop_marks", as: .flag, into: &exporter.trustDropMarks)
            section.read("preference", as: .integer(in: -100...100), into: &exporter.preference)
            section.read("sampling_rate", as: .samplingRate, into: &exporter.samplingRate)
            if let address { section.refuseRepeat(of: address, at: "address", in: &addresses) }
            if let name = exporter.name { section.refuseRepeat(of: name, at: "name", in: &names) }
            exporters.append(exporter)
        }
    }

    /// Writes the keys that `init(from:)` reads; an exporter's own keys only where they are set.
    package func describe(in text: inout ConfigurationText) {
        text.set("default_sampling_rate", in: "collector", .plain("\(defaultSamplingRate)"))
        text.set("protocol_preference", in: "collector", .list(protocolPreference.map { .text($0.label) }))
        let entries = exporters.map { exporter -> ConfigurationText.Value in
            var entry: [(key: String, value: ConfigurationText.Value)] = [("address", .text(exporter.address.description))]
            if let name = exporter.name { entry.append(("name", .text(name))) }
            if let node = exporter.node { entry.append(("node", .text(node))) }
            if let profile = exporter.profile { entry.append(("profile", .text(profile.rawValue))) }
            entry.append(("trust_drop_marks", .plain("\(exporter.trustDropMarks)")))
            if exporter.preference != 0 { entry.append(("preference", .plain("\(exporter.preference)"))) }
            if let rate = exporter.samplingRate { entry.append(("sampling_rate", .plain("\(rate)"))) }
            return .section(entry)
        }
        text.set("exporters", .list(entries))
    }
}

extension ValueKind where Value == ExportProtocol {
    /// A protocol by its label.
    fileprivate static var exportProtocol: ValueKind {
        .word(["netflow5": .netflow5, "netflow9": .netflow9, "ipfix": .ipfix, "sflow5": .sflow5])
    }
}

extension ValueKind where Value == UInt32 {
    /// Packets seen for each packet sampled.
    fileprivate static var samplingRate: ValueKind { .integer(in: 1...UInt32.max) }
}
