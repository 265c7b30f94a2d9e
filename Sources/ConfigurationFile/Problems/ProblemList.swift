/// Gathers what is wrong while a file is read, and bounds the work that its aliases can multiply.
final class ProblemList {
    /// Beyond any file that a person writes; aliases can multiply far fewer octets into more.
    static let maximumValues = 250_000
    private static let maximumProblems = 100

    private let file: String
    private var problems: [ConfigurationProblem] = []
    /// Of files that this one names.
    private var included: [ConfigurationProblem] = []
    private var suppressed = 0
    private var valuesLeft = ProblemList.maximumValues

    init(file: String) {
        self.file = file
    }

    func add(line: Int?, key: String, _ message: String) {
        guard problems.count < Self.maximumProblems else {
            suppressed += 1
            return
        }
        problems.append(ConfigurationProblem(file: file, line: line, key: key, message: message))
    }

    func include(_ error: ConfigurationError) {
        included += error.problems
    }

    func place(line: Int?, key: String) -> ConfigurationPlace {
        ConfigurationPlace(file: file, line: line, key: key)
    }

    /// Counts one more value; false, and said once, where the file has expanded to too many.
    func takeValue(line: Int?, key: @autoclosure () -> String) -> Bool {
        guard valuesLeft >= 0 else { return false }
        valuesLeft -= 1
        if valuesLeft < 0 {
            add(line: line, key: key(), "the file's aliases expand it to more than \(Self.maximumValues) values")
            return false
        }
        return true
    }

    /// All that was found, by line; nil where nothing is wrong.
    var error: ConfigurationError? {
        guard !problems.isEmpty || !included.isEmpty else { return nil }
        // Rooms read their keys in an order of their own; a person goes through the file from the top. Sorting by (line, order) keeps ties.
        var sorted = problems.enumerated().sorted { ($0.element.line ?? 0, $0.offset) < ($1.element.line ?? 0, $1.offset) }.map(\.element)
        if suppressed > 0 {
            sorted.append(ConfigurationProblem(file: file, line: nil, key: "", message: "\(suppressed) more problems are not shown"))
        }
        return ConfigurationError(problems: sorted + included)
    }
}
