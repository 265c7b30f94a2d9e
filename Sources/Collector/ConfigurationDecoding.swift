import ConfigurationFile
import FlowModel

extension CollectorConfiguration {
    /// Reads `listen`, `listen_tcp` and `collector` of the file's root; what is absent or wrong stays at its default.
    package init(from root: Section) {
        self.init()
        // Every port 0 is another port of the kernel's choice.
        if let listen = root.list("listen", of: .listenAddress, atLeast: 1, mayRepeat: { $0.hasSuffix(":0") }) { self.listen = listen }
        if let listen = root.list("listen_tcp", of: .listenAddress, mayRepeat: { $0.hasSuffix(":0") }) { listenTCP = listen }
        let collector = root.section("collector")
        collector.read("threads", as: .auto(or: .integer(in: 1...256)), into: &threads)
        if collector.holdsList("allow") {
            if let networks = collector.list("allow", of: .network, atLeast: 1) { allow = .networks(networks) }
        } else {
            collector.read("allow", as: .word(["auto": .auto, "any": .any], or: "a list of networks"), into: &allow)
        }
        collector.read("receive_buffer", as: .byteSize(in: 4 << 10...1 << 30), into: &receiveBuffer)
        collector.read("scope", as: .word, into: &scope)
        collector.read("node", as: .name, into: &node)
    }

    /// Writes the keys that `init(from:)` reads.
    package func describe(in text: inout ConfigurationText) {
        text.set("listen", .list(listen.map { .text($0) }))
        text.set("listen_tcp", .list(listenTCP.map { .text($0) }))
        text.set("threads", in: "collector", .plain(threads.map(String.init) ?? "auto"))
        let allowed: ConfigurationText.Value =
            switch allow {
            case .auto: .plain("auto")
            case .any: .plain("any")
            case .networks(let networks): .list(networks.map { .text($0.description) })
            }
        text.set("allow", in: "collector", allowed)
        text.set("receive_buffer", in: "collector", .plain(ByteSizeText.string(octets: Int64(receiveBuffer))))
        text.set("scope", in: "collector", .text(scope.rawValue))
        text.set("node", in: "collector", .text(node))
    }
}
