/// The tables of CPU time, and the ratios against what is to be reached.
struct ProcessorReport {
    let measured: [ProcessorPart.Place: ProcessorPart.Measured]
    let rounds: Int

    func show() {
        showTimes()
        showConditions()
        showTargets()
    }

    private func showTimes() {
        var table = Table(
            "CPU seconds of the collector's process for a million records received (kernel time included): median of \(rounds) rounds, least–most",
            ["collector"] + BenchedProtocol.allCases.map(\.title))
        for kind in CollectorKind.allCases {
            let name = kind.name(.v5) == kind.name(.sflow) ? kind.name(.v5) : "\(kind.name(.v5)) / \(kind.name(.sflow))"
            table.add([kind == .weir ? "**Weir**" : name] + BenchedProtocol.allCases.map { sums(kind, $0)?.total.text() ?? "not available" })
        }
        table.show()
    }

    private func showConditions() {
        var table = Table(
            "At which rate, what was lost (median), and how the time is divided",
            ["protocol", "collector", "records a second", "lost", "user", "kernel", "error of a tick"])
        for exportProtocol in BenchedProtocol.allCases {
            for kind in CollectorKind.allCases {
                guard let sums = sums(kind, exportProtocol) else { continue }
                table.add([
                    exportProtocol.title, kind.name(exportProtocol), Text.rate(sums.rate), Text.percent(sums.loss.median),
                    Text.number(sums.user.median, 3), Text.number(sums.system.median, 3), "±" + Text.number(sums.error, 3),
                ])
            }
        }
        table.show()
    }

    private func showTargets() {
        var table = Table("Against what is to be reached", ["", "target"] + BenchedProtocol.allCases.map(\.title))
        func add(_ name: String, _ target: String, _ cell: (BenchedProtocol) -> String) {
            table.add([name, target] + BenchedProtocol.allCases.map(cell))
        }
        add("Weir, CPU s a million", "at most 0.15, 0.20, 0.20, 0.60") { exportProtocol in
            let value = median(.weir, exportProtocol)
            return "\(Text.number(value, 3)) \(Verdict.atMost(exportProtocol.processorSeconds, value))"
        }
        add("Weir / the floor", "at most 2.5") { exportProtocol in
            let value = median(.weir, exportProtocol) / median(.discard, exportProtocol)
            return "\(Text.number(value, 2)) \(Verdict.atMost(2.5, value))"
        }
        add("nfacctd / Weir, sfacctd / Weir", "at least 15; sFlow 7") { exportProtocol in
            let value = median(.pmacct, exportProtocol) / median(.weir, exportProtocol)
            return "\(Text.number(value, 1)) \(Verdict.atLeast(exportProtocol.timesCheaperThanPmacct, value))"
        }
        add("nfcapd / Weir, sfcapd / Weir", "over 1 for v9 and IPFIX") { exportProtocol in
            let value = median(.nfdump, exportProtocol) / median(.weir, exportProtocol)
            return Text.number(value, 2) + (exportProtocol == .v9 || exportProtocol == .ipfix ? " \(Verdict.atLeast(1.000_001, value))" : "")
        }
        add("lost by Weir, of all rounds", "0") { exportProtocol in
            let value = sums(.weir, exportProtocol)?.loss.values.max() ?? .nan
            return "\(value.isNaN ? "" : Text.percent(value)) \(Verdict.atMost(0, value))"
        }
        table.show()
        let resident = BenchedProtocol.allCases.compactMap { sums(.weir, $0)?.resident }.max() ?? 0
        Report.write("\nMost resident memory of Weir in these rounds: \(Text.mebibytes(resident)).")
    }

    private func sums(_ kind: CollectorKind, _ exportProtocol: BenchedProtocol) -> ProcessorPart.Measured? {
        measured[ProcessorPart.Place(kind: kind, exportProtocol: exportProtocol)]
    }

    private func median(_ kind: CollectorKind, _ exportProtocol: BenchedProtocol) -> Double {
        sums(kind, exportProtocol)?.total.median ?? .nan
    }
}
