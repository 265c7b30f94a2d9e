/// A table in Markdown.
struct Table {
    let title: String
    let columns: [String]
    private var rows: [[String]] = []

    init(_ title: String, _ columns: [String]) {
        self.title = title
        self.columns = columns
    }

    mutating func add(_ row: [String]) {
        rows.append(row)
    }

    func show() {
        Report.write("\n\(title)\n")
        for row in [columns, columns.map { _ in "---" }] + rows { Report.write("| \(row.joined(separator: " | ")) |") }
    }
}
