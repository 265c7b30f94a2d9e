/// One thing that is wrong in a configuration file, and where; its description is the line a person reads:
/// `weir.yaml:14: rules[2].for: "5x" is not a duration (try 30s, 5m)`.
package struct ConfigurationProblem: Sendable, Equatable, CustomStringConvertible {
    /// The file as it was named to Weir.
    package let file: String
    /// The line, from 1; nil where the whole file is meant.
    package let line: Int?
    /// The key's path, such as `exporters[0].address`; empty where no key is meant.
    package let key: String
    /// What is wrong, and what would be right.
    package let message: String

    package var description: String {
        let place = line.map { "\(file):\($0): " } ?? "\(file): "
        return place + (key.isEmpty ? "" : "\(key): ") + message
    }
}

/// Everything that is wrong in a configuration file, in the order of its lines; never empty.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    package let problems: [ConfigurationProblem]

    /// - Parameter problems: at least one.
    package init(problems: [ConfigurationProblem]) {
        self.problems = problems
    }

    /// The problems, one a line.
    package var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}

/// Where something stands in a configuration file, to be named when it turns out to be wrong.
package struct ConfigurationPlace: Sendable, Equatable {
    private let file: String
    private let line: Int?
    private let key: String

    /// A place of a file; the whole of it where neither line nor key is given.
    package init(file: String, line: Int? = nil, key: String = "") {
        self.file = file
        self.line = line
        self.key = key
    }

    /// That what stands there is wrong.
    package func error(_ message: String) -> ConfigurationError {
        ConfigurationError(problems: [ConfigurationProblem(file: file, line: line, key: key, message: message)])
    }
}
