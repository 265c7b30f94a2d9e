internal import Yams

extension ObjectFile.Failure {
    /// What a decoder did not take, with the line of the value's place in `document`, before which the file has so many lines.
    init(name: String, _ error: DecodingError, in document: Yams.Node?, linesBefore: Int = 0) {
        var line = document?.mark?.line
        var node = document
        var key = ""
        for step in error.path {
            if let index = step.intValue {
                key += "[\(index)]"
                node = node?.sequence.flatMap { $0.indices.contains(index) ? $0[index] : nil }
            } else {
                key += key.isEmpty ? step.stringValue : ".\(step.stringValue)"
                node = node?.mapping?[step.stringValue]
            }
            line = node?.mark?.line ?? line
        }
        let place = name + (line.map { ":\($0 + linesBefore)" } ?? "") + (key.isEmpty ? "" : ": \(key)")
        self.init(description: "\(place): \(error.message(for: node))")
    }

    /// What is no YAML, with its line.
    init(name: String, _ error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
            self.init(description: "\(name):\(mark.line): is neither YAML nor JSON: \(problem)")
        case .duplicatedKeysInMapping(let keys, let context):
            self.init(description: "\(name):\(context.mark.line): \(keys.joined(separator: ", ")): is given twice")
        default:
            self.init(description: "\(name): is neither YAML nor JSON: \(error)")
        }
    }
}

extension DecodingError {
    private var context: Context? {
        switch self {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context), .dataCorrupted(let context): context
        @unknown default: nil
        }
    }

    /// The keys and indices that lead to the value; of a missing key, the key.
    var path: [any CodingKey] {
        let path = context?.codingPath ?? []
        if case .keyNotFound(let key, _) = self { return path + [key] }
        return path
    }

    /// What was expected and what is there.
    fileprivate func message(for node: Yams.Node?) -> String {
        switch self {
        case .keyNotFound:
            return "is missing"
        case .typeMismatch(let type, _), .valueNotFound(let type, _):
            return "expected \(Self.words(for: type))" + (node.map { ", found \(Self.words(for: $0))" } ?? "")
        case .dataCorrupted(let context):
            return context.debugDescription
        @unknown default:
            return "\(self)"
        }
    }

    private static func words(for type: any Any.Type) -> String {
        switch type {
        case is String.Type: "text"
        case is Bool.Type: "true or false"
        case is Double.Type: "a port number"
        case is [Any].Type: "a list"
        default: "keys and values"
        }
    }

    private static func words(for node: Yams.Node) -> String {
        switch node {
        case .scalar(let scalar):
            YAMLAsJSON.isNull(node) ? "nothing" : scalar.style == .plain ? "\(scalar.string.prefix(80))" : "\"\(scalar.string.prefix(80))\""
        case .sequence: "a list"
        case .mapping: "keys and values"
        case .alias: "an alias"
        }
    }
}
