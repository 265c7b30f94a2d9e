import CCurl
import CLinuxSockets
import Glibc

/// libcurl's set of exchanges that run at the same time, with the connections that are kept for the next ones. One thread uses it; any may wake that.
@safe final class MultiHandle: @unchecked Sendable {
    /// Connections that are kept open while nobody uses them.
    private static let keptConnections = 32

    private let handle: UnsafeMutableRawPointer

    init() {
        Self.prepareLibrary
        guard let handle = unsafe curl_multi_init() else { fatalError("libcurl: no memory") }
        unsafe self.handle = handle
        unsafe CCurl_set_multi_number(handle, CURLMOPT_MAXCONNECTS, Self.keptConnections)
    }

    deinit {
        unsafe curl_multi_cleanup(handle)
    }

    private static let prepareLibrary: Void = {
        guard curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK else { fatalError("libcurl cannot be initialised") }
    }()

    /// Makes `wait` return, the one that is under way or the next one. From any thread.
    func wake() {
        unsafe curl_multi_wakeup(handle)
    }

    func add(_ easy: EasyHandle) throws(HTTPFailure) {
        let code = unsafe curl_multi_add_handle(handle, easy.handle)
        guard code == CURLM_OK else { throw unsafe HTTPFailure(kind: .other, message: "libcurl: \(String(cString: curl_multi_strerror(code)))") }
    }

    /// Must be called before the handle ends; gives up what it has under way, with its connection.
    func remove(_ easy: EasyHandle) {
        unsafe curl_multi_remove_handle(handle, easy.handle)
    }

    /// Sends and receives what can be, calling handlers.
    func perform() {
        var running: Int32 = 0
        unsafe curl_multi_perform(handle, &running)
    }

    /// One that has ended since the last call, which must be removed before the next call.
    func nextEnded() -> (RunningExchange, CURLcode)? {
        var code = CURLE_OK
        var context: UnsafeMutableRawPointer?
        guard let easy = unsafe CCurl_next_ended(handle, &code), unsafe CCurl_get_context(easy, &context) == CURLE_OK, let context = unsafe context
        else {
            return nil
        }
        return unsafe (RunningExchange.from(context), code)
    }

    /// Waits until there is something to do, until a time of the monotonic clock at the latest.
    func wait(until time: Int64?) {
        // A minute is as good as never: what comes then finds nothing to do.
        var milliseconds: Int64 = 60_000
        if let time {
            let now = weir_monotonic_time()
            milliseconds = time <= now ? 0 : min((time - now) / 1_000_000 + 1, milliseconds)
        }
        let code = unsafe curl_multi_poll(handle, nil, 0, Int32(milliseconds), nil)
        // Where waiting is not possible, for want of memory or descriptors, trying again must not take all of a processor.
        if code != CURLM_OK { usleep(50_000) }
    }
}
