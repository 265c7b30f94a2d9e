internal import Yams

extension Node {
    /// Whether this is YAML's null, which stands for "not there": nothing at all, `~` or an unquoted `null`.
    var isAbsent: Bool {
        guard let scalar, scalar.style == .plain || scalar.style == .any else { return false }
        return switch scalar.string {
        case "", "~", "null", "Null", "NULL": true
        default: false
        }
    }

    /// What this is, for "expected …, found …".
    var kindInWords: String {
        switch self {
        case .scalar(let scalar): isAbsent ? "nothing" : Quoting.value(scalar.string)
        case .mapping: "keys and values"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }

    var textInQuotes: String { Quoting.value(scalar?.string ?? "") }

    /// A tag of the writer's own (`!include`), which would otherwise go unnoticed.
    var localTag: String? {
        let tag = tag.description
        return tag.hasPrefix("!") && tag.count > 1 ? tag : nil
    }
}
