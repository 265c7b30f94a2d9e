internal import Yams

/// A configuration file: one YAML document of keys and values, read so that every problem names its file, line and key.
///
/// Rooms take their values from `Section`s; what none of them asked for is an unknown key. A file with no key at all is fine.
package struct ConfigurationFile {
    /// The file as it is named in problems.
    package let name: String
    private let directory: String
    private let root: Node?

    /// Reads the file at `path`. Relative paths in it are taken from its folder. Throws where it cannot be read, is over 1 MiB or is not YAML.
    package init(path: String) throws(ConfigurationError) {
        let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        try self.init(text: try FileText.read(path), name: path, directory: directory)
    }

    /// Reads `text`; `name` stands for the file in problems, and relative paths stay as they are.
    /// Throws where it is over 1 MiB or is not YAML.
    package init(text: String, name: String) throws(ConfigurationError) {
        try self.init(text: text, name: name, directory: "")
    }

    private init(text: String, name: String, directory: String) throws(ConfigurationError) {
        self.name = name
        self.directory = directory
        root = try YAMLDocument(text: text, name: name).compose()
    }

    /// What `body` makes of the file. Throws all that `body` and its sections reported, and every key nobody asked for, but in a file whose keys are
    /// not all Weir's to know.
    package func decode<Value>(mayHoldOtherKeys: Bool = false, _ body: (Section) -> Value) throws(ConfigurationError) -> Value {
        let problems = ProblemList(file: name)
        let section = Section(root, path: "", line: 1, directory: directory, problems: problems)
        let value = body(section)
        if !mayHoldOtherKeys { section.finish() }
        if let error = problems.error { throw error }
        return value
    }
}
