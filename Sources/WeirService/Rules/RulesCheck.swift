import ConfigurationFile
import Detection
import Foundation

/// `weir check rules`: what is wrong in files of rules, or which rules hold with them.
package enum RulesCheck {
    /// Puts the rules of files into a configuration; those of files that it names are in it already. Throws everything that is wrong in all of them.
    package static func add(_ files: [String], to configuration: inout WeirConfiguration) throws {
        var problems: [ConfigurationProblem] = []
        var places: [String: String] = [:]
        for rule in configuration.detection.ownRules + configuration.detection.fileRules { places[rule.name] = "the configuration" }
        let known = Set(configuration.detection.files.map(realPath))
        for file in files where !known.contains(realPath(file)) {
            do {
                for rule in try RulesFile.rules(path: file) {
                    if let first = places.updateValue(file, forKey: rule.name) {
                        problems += ConfigurationPlace(file: file).error("has a rule \(rule.name), which \(first) has, too").problems
                    }
                    configuration.detection.fileRules.append(rule)
                }
            } catch {
                problems += error.problems
            }
        }
        if !problems.isEmpty { throw ConfigurationError(problems: problems) }
    }

    private static func realPath(_ path: String) -> String { URL(filePath: path).resolvingSymlinksInPath().path }

    /// The rules that hold, a line each.
    package static func summary(_ configuration: DetectionConfiguration) -> [String] {
        let written = Set((configuration.ownRules + configuration.fileRules).map(\.name))
        let builtIn = Set(BuiltInRules.rules.map(\.name))
        return configuration.rules.map { rule in
            let origin =
                !written.contains(rule.name) ? "built in" : builtIn.contains(rule.name) ? "in the place of the built-in rule" : "your own"
            return "\(rule.name): \(rule.kind.rawValue), \(rule.severity.rawValue), \(origin)"
        } + configuration.disabledRules.map { "\($0): disabled" }
    }
}
