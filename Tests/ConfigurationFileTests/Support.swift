import ConfigurationFile

/// What is wrong in `text`, one line a problem, when `body` reads it.
func problems(in text: String, _ body: (Section) -> Void) -> [String] {
    do {
        try ConfigurationFile(text: text, name: "weir.yaml").decode(body)
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

/// What `kind` makes of the value in `key: VALUE`, or the problem it has with it.
func reading<Value>(_ value: String, as kind: ValueKind<Value>) -> Result<Value?, ConfigurationError> {
    Result { () throws(ConfigurationError) in
        try ConfigurationFile(text: "key: \(value)", name: "weir.yaml").decode { $0.value("key", as: kind) }
    }
}

/// The message about `key: VALUE` without its place; empty where nothing is wrong.
func complaint<Value>(about value: String, as kind: ValueKind<Value>) -> String {
    if case .failure(let error) = reading(value, as: kind) { error.problems.map(\.message).joined(separator: "\n") } else { "" }
}
