/// Hands a body to libmicrohttpd in pieces of the size it asks for, compressed where the client takes that.
package final class BodyReader {
    private var next: ((inout [UInt8]) -> Bool)?
    private var pending: [UInt8] = []
    private var offset = 0
    private let gzip: GzipStream?
    private var isFinished = false

    /// A reader of `body`, compressed by `gzip` where that is given.
    package init(_ body: HTTPResponse.Body, gzip: GzipStream?) {
        self.gzip = gzip
        switch body {
        case .bytes(let bytes): pending = bytes
        case .stream(let produce): next = produce
        }
    }

    /// Octets of the body that are compressed in one go: a few milliseconds' work, after which other clients of the thread have their turn.
    private static let mostAtOnce = 64 << 10

    /// Puts out the next octets, as many as fit, or fewer where that took much of the body; 0 only behind its end.
    package func read(into output: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var written = 0
        var read = 0
        while written < output.count, !isFinished, written == 0 || read < Self.mostAtOnce {
            refill()
            let room = unsafe UnsafeMutableBufferPointer(rebasing: output[written...])
            let isLast = next == nil
            let (taken, put, isEnded) = unsafe pending.withUnsafeBufferPointer { pending in
                let input = unsafe UnsafeBufferPointer(rebasing: pending[offset...])
                return if let gzip {
                    unsafe gzip.compress(input, isLast: isLast, into: room)
                } else {
                    unsafe Self.copy(input, isLast: isLast, into: room)
                }
            }
            offset += taken
            read += taken
            written += put
            isFinished = isEnded
        }
        return written
    }

    /// Makes sure that there is something pending, unless nothing follows.
    private func refill() {
        while offset == pending.count, let produce = next {
            pending.removeAll(keepingCapacity: true)
            offset = 0
            if !produce(&pending) { next = nil }
        }
    }

    private static func copy(
        _ input: UnsafeBufferPointer<UInt8>, isLast: Bool, into output: UnsafeMutableBufferPointer<UInt8>
    ) -> (taken: Int, put: Int, isFinished: Bool) {
        let count = min(input.count, output.count)
        unsafe _ = output.update(fromContentsOf: input[..<count])
        return (count, count, isLast && count == input.count)
    }
}
