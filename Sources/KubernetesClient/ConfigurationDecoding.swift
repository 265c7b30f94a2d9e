import ConfigurationFile

extension KubernetesConfiguration {
    /// Reads `kubernetes` of the file's root; what is absent or wrong stays at its default.
    package init(from root: Section) {
        self.init()
        let kubernetes = root.section("kubernetes")
        kubernetes.read("mode", as: .word, into: &mode)
        kubeconfig = kubernetes.path("kubeconfig")
        if kubeconfig != nil, mode == .inCluster || mode == .disabled {
            kubernetes.report("kubeconfig", "is not read with mode \(mode.rawValue) (write mode: kubeconfig)")
        }
        if let namespaces = kubernetes.list("namespaces", of: .name) { self.namespaces = namespaces }
        kubernetes.read("sync_timeout", as: .duration(in: .zero ... .seconds(3600)), into: &syncTimeout)
    }

    /// Writes the keys that `init(from:)` reads.
    package func describe(in text: inout ConfigurationText) {
        text.set("mode", in: "kubernetes", .text(mode.rawValue))
        text.set("kubeconfig", in: "kubernetes", .text(kubeconfig))
        text.set("namespaces", in: "kubernetes", .list(namespaces.map { .text($0) }))
        text.set("sync_timeout", in: "kubernetes", .plain(DurationText.string(nanoseconds: syncTimeout)))
    }
}
