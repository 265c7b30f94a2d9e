/// Ends the process, which libFuzzer takes for a finding, where what must hold doesn't.
func hold(_ condition: Bool, _ sentence: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line) {
    if !condition { fatalError(sentence(), file: file, line: line) }
}
