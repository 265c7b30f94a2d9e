import CZlib

/// Compresses a body while it is sent (RFC 1952). It holds some 170 KB whatever the length of the body.
@safe package final class GzipStream {
    // zlib's state points back to the stream it belongs to, so that must not move.
    private let stream: UnsafeMutablePointer<z_stream>

    /// Fastest level: a scrape's text shrinks to a tenth with it, and twice the time would save little more. Nil where memory is short.
    package init?() {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        // 15 bits of window, and 16 for gzip's own header and trailer. Memory level 6 (of 9) lets something out after 4,096 symbols, some 100 KB of a
        // scrape's text, so that a thread can turn to other clients.
        let result = unsafe deflateInit2_(
            stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 6, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard result == Z_OK else {
            unsafe stream.deallocate()
            return nil
        }
    }

    deinit {
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Takes in from `input` and puts out into `output` until one of them is used up; with `isLast`, the end is written when all of `input` was taken in.
    ///
    /// - Returns: Octets taken in, octets put out, and whether nothing more comes.
    func compress(
        _ input: UnsafeBufferPointer<UInt8>, isLast: Bool, into output: UnsafeMutableBufferPointer<UInt8>
    ) -> (taken: Int, put: Int, isFinished: Bool) {
        let offered = UInt32(clamping: input.count)
        let room = UInt32(clamping: output.count)
        unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        unsafe stream.pointee.avail_in = offered
        unsafe stream.pointee.next_out = output.baseAddress
        unsafe stream.pointee.avail_out = room
        let result = unsafe deflate(stream, isLast && Int(offered) == input.count ? Z_FINISH : Z_NO_FLUSH)
        // Anything but these ends the body without gzip's trailer, which tells the client that it is cut short.
        let goesOn = result == Z_OK || result == Z_BUF_ERROR
        return unsafe (Int(offered &- stream.pointee.avail_in), Int(room &- stream.pointee.avail_out), !goesOn)
    }
}
