import ConfigurationFile

extension LedgerConfiguration {
    /// Reads `metrics` of the file's root; what is absent or wrong stays at its default.
    package init(from root: Section) {
        self.init()
        let metrics = root.section("metrics")
        if let families = metrics.list("families", of: ValueKind<Family>.word) { self.families = Set(families) }
        metrics.read("max_pairs", as: .integer(in: 1...10_000_000), into: &maxPairs)
        metrics.read("namespace_share", as: .percentage(in: 0.01...1), into: &namespaceShare)
        metrics.read("birth_delay", as: .duration(in: .zero ... .seconds(3600)), into: &birthDelay)
        metrics.read("created_samples", as: .flag, into: &createdSamples)
    }

    /// Writes the keys that `init(from:)` reads.
    package func describe(in text: inout ConfigurationText) {
        text.set("families", in: "metrics", .list(Family.allCases.filter(families.contains).map { .text($0.rawValue) }))
        text.set("max_pairs", in: "metrics", .plain("\(maxPairs)"))
        text.set("namespace_share", in: "metrics", .plain(PercentageText.string(namespaceShare)))
        text.set("birth_delay", in: "metrics", .plain(DurationText.string(nanoseconds: birthDelay)))
        text.set("created_samples", in: "metrics", .plain("\(createdSamples)"))
    }
}
