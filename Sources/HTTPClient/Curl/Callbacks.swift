import CCurl
import Glibc

// libcurl's callbacks. Their context is a RunningExchange that its loop holds; what they return ends an exchange where it is not what libcurl expects.

/// How long a connection may go without an answer to what was sent on it, or to the questions of keep-alive, before the kernel ends it: milliseconds.
private let patienceOfTCP: UInt32 = 60_000

/// `CURLOPT_HEADERFUNCTION`: a line, whole, with its end.
func receiveHeadLine(_ octets: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?) -> Int {
    guard let context = unsafe context else { return 0 }
    return unsafe RunningExchange.from(context).takeHeadLine(unsafe Array(UnsafeRawBufferPointer(start: octets, count: count))) ? count : 0
}

/// `CURLOPT_WRITEFUNCTION`; libcurl's `size` is always 1.
func receiveBody(_ octets: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?) -> Int {
    guard count > 0 else { return 0 }
    guard let context = unsafe context else { return 0 }
    return unsafe RunningExchange.from(context).takeBody(unsafe Array(UnsafeRawBufferPointer(start: octets, count: count))) ? count : 0
}

/// `CURLOPT_PREREQFUNCTION`: the request is about to be sent.
func connectionStands(
    _ context: UnsafeMutableRawPointer?, _: UnsafeMutablePointer<CChar>?, _: UnsafeMutablePointer<CChar>?, _: Int32, _: Int32
) -> Int32 {
    guard let context = unsafe context else { return CURL_PREREQFUNC_ABORT }
    return unsafe RunningExchange.from(context).connected() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}

/// `CURLOPT_SOCKOPTFUNCTION`: keep-alive finds out about a peer that is gone only where nothing waits to be acknowledged by it; this finds out about the rest.
func socketIsMade(_: UnsafeMutableRawPointer?, _ socket: curl_socket_t, _: curlsocktype) -> Int32 {
    var patience = patienceOfTCP
    unsafe setsockopt(socket, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &patience, socklen_t(MemoryLayout<UInt32>.size))
    return CURL_SOCKOPT_OK
}
