import ConfigurationFile

extension DetectionConfiguration {
    /// Reads `detection`, `rules`, `rules_files`, with what they name, and `disabled_rules` of the file's root; what is absent or wrong stays at its default.
    package init(from root: Section) {
        self.init()
        let detection = root.section("detection")
        detection.read("scope", as: .word, into: &scope)
        detection.read("interval", as: .duration(in: .seconds(1) ... .seconds(300)), into: &interval)
        detection.read("horizon", as: .duration(in: .seconds(120) ... .seconds(3600)), into: &horizon)
        detection.read("max_alerts", as: .integer(in: 1...10_000), into: &maxAlerts)
        detection.read("max_series", as: .integer(in: 100...1_000_000), into: &maxSeries)
        detection.read("max_edges", as: .integer(in: 100...1_000_000), into: &maxEdges)
        ownRules = Rule.list(from: root)
        if let patterns = root.paths("rules_files") {
            rulesFiles = patterns
            fileRules = readFiles(root)
        }
        if let names = root.list("disabled_rules", of: .anyText) {
            disabledRules = names
            let known = Set((BuiltInRules.rules + ownRules + fileRules).map(\.name))
            for (index, name) in names.enumerated() where !known.contains(name) && name != "*" {
                root.report("disabled_rules", element: index, "there is no rule \(name) (the rules are \(known.sorted().joined(separator: ", ")))")
            }
        }
    }

    /// The rules of the files that are named, in the order of the patterns, and of the files' names for each.
    private mutating func readFiles(_ root: Section) -> [Rule] {
        var rules: [Rule] = []
        var places = Dictionary(ownRules.map { ($0.name, "this file") }) { first, _ in first }
        var seen: Set<String> = []
        for (index, pattern) in rulesFiles.enumerated() {
            let files: [String]
            do {
                files = try FilePattern.files(pattern)
            } catch {
                root.report("rules_files", element: index, "cannot look for \(pattern): \(error.description)")
                continue
            }
            if files.isEmpty, !FilePattern.isPattern(pattern) { root.report("rules_files", element: index, "there is no such file: \(pattern)") }
            for file in files where seen.insert(file).inserted {
                do {
                    for rule in try RulesFile.rules(path: file) {
                        if let first = places.updateValue(file, forKey: rule.name) {
                            root.report("rules_files", element: index, "\(file) has a rule \(rule.name), which \(first) has, too")
                        }
                        filesOfRules[rule.name] = file
                        rules.append(rule)
                    }
                } catch {
                    root.include(error)
                }
            }
        }
        return rules
    }

    /// Writes the keys that `init(from:)` reads.
    package func describe(in text: inout ConfigurationText) {
        text.set("scope", in: "detection", .text(scope.rawValue))
        text.set("interval", in: "detection", .plain(DurationText.string(nanoseconds: interval)))
        text.set("horizon", in: "detection", .plain(DurationText.string(nanoseconds: horizon)))
        text.set("max_alerts", in: "detection", .plain("\(maxAlerts)"))
        text.set("max_series", in: "detection", .plain("\(maxSeries)"))
        text.set("max_edges", in: "detection", .plain("\(maxEdges)"))
        text.set("rules_files", .list(rulesFiles.map { .text($0) }))
        text.set("rules", .list(ownRules.map(\.text)))
        text.set("disabled_rules", .list(disabledRules.map { .text($0) }))
    }
}
