import ConfigurationFile
import FlowModel

extension IdentityConfiguration {
    /// Reads `identity`, `networks` and the labels of `metrics` in the file's root; what is absent or wrong stays at its default.
    package init(from root: Section) {
        self.init()
        let identity = root.section("identity")
        file = identity.path("file")
        if let networks = identity.list("cluster_networks", of: .network) { clusterNetworks = networks }
        identity.read("grace", as: .duration(in: .zero ... .seconds(86_400)), into: &grace)
        identity.read("wait", as: .duration(in: .zero ... .seconds(60)), into: &wait)
        labels = LabelsConfiguration(from: root)
        var names = Repeats<String>()
        var prefixes = Repeats<IPNetwork>()
        for section in root.sections("networks") {
            let name = section.required("name", as: .name)
            if let name { section.refuseRepeat(of: name, at: "name", in: &names) }
            let cidrs = section.list("cidrs", of: .network, atLeast: 1)
            if cidrs == nil && !section.has("cidrs") { section.report("cidrs", "is missing: it must be a list of networks") }
            // The longest prefix wins, so one prefix can have one name only.
            for cidr in Set(cidrs ?? []).sorted(by: { ($0.address, $0.bits) < ($1.address, $1.bits) }) {
                section.refuseRepeat(of: cidr, at: "cidrs", in: &prefixes)
            }
            networks.append(Network(name: name ?? "", cidrs: cidrs ?? []))
        }
    }

    /// Writes the keys that `init(from:)` reads, but for those of `labels`, which write themselves.
    package func describe(in text: inout ConfigurationText) {
        text.set("file", in: "identity", .text(file))
        text.set("cluster_networks", in: "identity", .list(clusterNetworks.map { .text($0.description) }))
        text.set("grace", in: "identity", .plain(DurationText.string(nanoseconds: grace)))
        text.set("wait", in: "identity", .plain(DurationText.string(nanoseconds: wait)))
        text.set(
            "networks",
            .list(
                networks.map { network in
                    .section([("name", .text(network.name)), ("cidrs", .list(network.cidrs.map { .text($0.description) }))])
                }))
    }
}
