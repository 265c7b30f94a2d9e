import ConfigurationFile

extension Rule {
    private static var share: ValueKind<Double> { .percentage(in: 0.000_001...1) }
    private static var window: ValueKind<Int64> { .duration(in: .seconds(15) ... .seconds(3600)) }

    /// A rate of a quantity, in its own unit.
    private static func rate(_ quantity: Quantity) -> ValueKind<Double> {
        quantity == .bytes ? .rate(in: 0...1e15) : .countRate(of: quantity.unit, in: 0...1e15)
    }

    /// Reads the keys of the rule's kind.
    mutating func readSettings(_ section: Section) {
        switch settings {
        case .spike(var settings):
            readChange(section, &settings)
            self.settings = .spike(settings)
        case .silence(var settings):
            readChange(section, &settings)
            self.settings = .silence(settings)
        case .drops(var settings):
            section.read("share", as: Self.share, into: &settings.share)
            section.read("interface_share", as: Self.share, into: &settings.interfaceShare)
            section.read("minimum", as: .countRate(of: "packets", in: 0...1e12), into: &settings.minimum)
            section.read("window", as: Self.window, into: &settings.window)
            self.settings = .drops(settings)
        case .congestion(var settings):
            section.read("utilisation", as: Self.share, into: &settings.utilisation)
            section.read("discards", as: Self.share, into: &settings.discards)
            section.read("ecn_share", as: Self.share, into: &settings.ecnShare)
            section.read("node_loss", as: Self.share, into: &settings.nodeLoss)
            section.read("minimum", as: .countRate(of: "packets", in: 0...1e12), into: &settings.minimum)
            if let patterns = section.oneOrMore("interfaces", of: .pattern) { settings.interfaces = NamePatterns(patterns) }
            section.read("window", as: Self.window, into: &settings.window)
            self.settings = .congestion(settings)
        case .unexpected(var settings):
            settings.allowed = section.sections("allow").map(AllowedTraffic.init(from:))
            let learn = ValueKind.duration(in: .seconds(60) ... .seconds(90 * 86_400))
            settings.learningTime =
                section.has("learn") || settings.allowed.isEmpty ? section.value("learn", as: learn) ?? settings.learningTime : nil
            self.settings = .unexpected(settings)
        case .scan(var settings):
            section.read("destinations", as: .number(in: 2...1e6), into: &settings.destinations)
            section.read("ports", as: .number(in: 2...1e6), into: &settings.ports)
            self.settings = .scan(settings)
        case .connectionFailures(var settings):
            section.read("share", as: Self.share, into: &settings.share)
            section.read("reset_share", as: Self.share, into: &settings.resetShare)
            section.read("minimum", as: .countRate(of: "connections", in: 0...1e12), into: &settings.minimum)
            section.read("window", as: Self.window, into: &settings.window)
            self.settings = .connectionFailures(settings)
        case .threshold(var settings):
            if let kind = readQuantity(section), let above = section.required("above", as: kind) { settings.above = above }
            section.read("window", as: Self.window, into: &settings.window)
            self.settings = .threshold(settings)
        case .exporter(let settings):
            readExporter(section, settings)
        }
    }

    /// The quantity, and how rates of it are written; nil where it is wrong, so that it can't be said.
    private mutating func readQuantity(_ section: Section) -> ValueKind<Double>? {
        if section.has("of") {
            guard let quantity = section.value("of", as: ValueKind<Quantity>.word) else {
                section.leaveUnread()
                return nil
            }
            self.quantity = quantity
        } else {
            _ = section.value("of", as: ValueKind<Quantity>.word)
        }
        return Self.rate(quantity)
    }

    private mutating func readChange(_ section: Section, _ settings: inout ChangeSettings) {
        if let kind = readQuantity(section) { section.read("floor", as: kind, into: &settings.floor) }
        section.read("detector", as: .word, into: &detector)
        section.read(
            "sensitivity",
            as: .word(
                ["low": .low, "medium": .medium, "high": .high],
                or: ValueKind<Double>.number(in: 0.1...100).map { DetectionThreshold.Sensitivity.score($0) }),
            into: &settings.sensitivity)
    }

    private mutating func readExporter(_ section: Section, _ defaults: ExporterSettings) {
        var settings = defaults
        guard let problem = section.required("problem", as: ValueKind<ExporterSettings.Problem>.word) else {
            section.leaveUnread()
            return
        }
        settings.problem = problem
        switch problem {
        case .silent:
            section.read("after", as: .duration(in: .seconds(30) ... .seconds(7 * 86_400)), into: &settings.after)
            section.read("forget_after", as: .duration(in: .seconds(60) ... .seconds(365 * 86_400)), into: &settings.forgetAfter)
        case .losing:
            section.read("share", as: Self.share, into: &settings.share)
            section.read("window", as: Self.window, into: &settings.window)
        case .missingTemplates, .unknownSampling: section.read("window", as: Self.window, into: &settings.window)
        case .clockOff: section.read("above", as: .duration(in: .seconds(1) ... .seconds(365 * 86_400)), into: &settings.above)
        }
        self.settings = .exporter(settings)
    }
}
