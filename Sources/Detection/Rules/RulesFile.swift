import ConfigurationFile

/// A file of rules: one key, `rules`.
package enum RulesFile {
    /// Its rules. Throws everything that is wrong in it.
    package static func rules(path: String) throws(ConfigurationError) -> [Rule] {
        try ConfigurationFile(path: path).decode { Rule.list(from: $0) }
    }
}
