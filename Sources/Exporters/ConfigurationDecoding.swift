import ConfigurationFile
import FlowModel

extension ExportersConfiguration {
    /// Reads `exporters` and `collector.default_sampling_rate` of the file's root; what is absent or wrong stays at its default.
    package init(from root: Section) {
        self.init()
        root.section("collector").read("default_sampling_rate", as: .samplingRate, into: &defaultSamplingRate)
        var addresses = Repeats<IPAddress>()
        var names = Repeats<String>()
        for section in root.sections("exporters") {
            let address = section.required("address", as: .address)
            var exporter = Exporter(address: address ?? .unspecified)
            section.read("name", as: .name, into: &exporter.name)
            section.read("node", as: .name, into: &exporter.node)
            section.read("profile", as: .word, into: &exporter.profile)
            section.read("trust_drop_marks", as: .flag, into: &exporter.trustDropMarks)
            section.read("sampling_rate", as: .samplingRate, into: &exporter.samplingRate)
            if let address { section.refuseRepeat(of: address, at: "address", in: &addresses) }
            if let name = exporter.name { section.refuseRepeat(of: name, at: "name", in: &names) }
            exporters.append(exporter)
        }
    }

    /// Writes the keys that `init(from:)` reads; an exporter's own keys only where they are set.
    package func describe(in text: inout ConfigurationText) {
        text.set("default_sampling_rate", in: "collector", .plain("\(defaultSamplingRate)"))
        let entries = exporters.map { exporter -> ConfigurationText.Value in
            var entry: [(key: String, value: ConfigurationText.Value)] = [("address", .text(exporter.address.description))]
            if let name = exporter.name { entry.append(("name", .text(name))) }
            if let node = exporter.node { entry.append(("node", .text(node))) }
            if let profile = exporter.profile { entry.append(("profile", .text(profile.rawValue))) }
            entry.append(("trust_drop_marks", .plain("\(exporter.trustDropMarks)")))
            if let rate = exporter.samplingRate { entry.append(("sampling_rate", .plain("\(rate)"))) }
            return .section(entry)
        }
        text.set("exporters", .list(entries))
    }
}

extension ValueKind where Value == UInt32 {
    /// Packets seen for each packet sampled.
    fileprivate static var samplingRate: ValueKind { .integer(in: 1...UInt32.max) }
}
