/// Remembers where a value stood first, to tell the second one.
package struct Repeats<Value: Hashable> {
    private var places: [Value: String] = [:]

    package init() {}

    /// Where `value` was seen before; nil the first time.
    mutating func first(of value: Value, at place: String) -> String? {
        if let first = places[value] { return first }
        places[value] = place
        return nil
    }
}
