/// Finds the word that a misspelt one was meant to be.
enum Suggestion {
    /// The nearest of `words`: one that `text` begins (`warn`), or of which at most a third of the letters are wrong, missing, too many or
    /// swapped; nil where none is near.
    static func nearest(to text: String, among words: some Sequence<String>) -> String? {
        let text = Array(text.lowercased().replacing("-", with: "_"))
        guard !text.isEmpty, text.count <= 64 else { return nil }
        var best: (word: String, distance: Int)?
        for word in words {
            let letters = Array(word.lowercased().replacing("-", with: "_"))
            let distance = text.count > 2 && letters.starts(with: text) ? 1 : distance(text, letters)
            if distance <= max(1, letters.count / 3), distance < letters.count, distance < best?.distance ?? .max {
                best = (word, distance)
            }
        }
        return best?.word
    }

    /// The optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var current = [row + 1] + [Int](repeating: 0, count: right.count)
            for (column, other) in right.enumerated() {
                current[column + 1] = min(current[column] + 1, last[column + 1] + 1, last[column] + (letter == other ? 0 : 1))
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    current[column + 1] = min(current[column + 1], beforeLast[column - 1] + 1)
                }
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
