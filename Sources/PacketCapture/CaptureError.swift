/// Why a capture cannot be read (any further), said to the person who named the file.
package struct CaptureError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file's name as it was given, `standard input` for that.
    package let file: String
    /// The packet that was being read, counted from 1; nil outside of packets.
    package let packet: Int?
    /// Where its record begins, in octets from the start of the file; nil where that says nothing.
    package let offset: Int?
    /// What is wrong.
    package let problem: String

    package init(file: String, packet: Int? = nil, offset: Int? = nil, problem: String) {
        self.file = file
        self.packet = packet
        self.offset = offset
        self.problem = problem
    }

    package var description: String {
        switch (packet, offset) {
        case (let packet?, let offset?): "\(file): packet \(packet) at offset \(offset): \(problem)"
        case (nil, let offset?): "\(file): at offset \(offset): \(problem)"
        default: "\(file): \(problem)"
        }
    }
}
