import CCurl

/// An option that libcurl does not take as it was given.
struct OptionRefused: Error {
    var option: CURLoption
    var code: CURLcode
}

/// libcurl's handle of one exchange, with all that must live as long as it.
@safe final class EasyHandle {
    let handle: UnsafeMutableRawPointer
    private let words: UnsafeMutablePointer<CChar>
    private var lists: [StringList] = []

    init() throws(OptionRefused) {
        guard let handle = unsafe curl_easy_init() else { throw OptionRefused(option: CURLOPT_PRIVATE, code: CURLE_OUT_OF_MEMORY) }
        unsafe self.handle = handle
        unsafe words = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe words.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        try unsafe check(CURLOPT_ERRORBUFFER, CCurl_set_pointer(handle, CURLOPT_ERRORBUFFER, words))
    }

    deinit {
        unsafe curl_easy_cleanup(handle)
        unsafe words.deallocate()
    }

    // MARK: Options

    func set(_ option: CURLoption, _ value: Int) throws(OptionRefused) {
        try check(option, unsafe CCurl_set_number(handle, option, value))
    }

    /// Nil takes a default away.
    func set(_ option: CURLoption, _ text: String?) throws(OptionRefused) {
        try check(option, unsafe CCurl_set_text(handle, option, text))
    }

    func set(_ option: CURLoption, _ lines: [String]) throws(OptionRefused) {
        guard let list = StringList(lines) else { throw OptionRefused(option: option, code: CURLE_OUT_OF_MEMORY) }
        lists.append(list)
        try check(option, unsafe CCurl_set_pointer(handle, option, list.first))
    }

    /// What is sent behind the headers.
    func set(body: [UInt8]) throws(OptionRefused) {
        try check(CURLOPT_POSTFIELDSIZE_LARGE, unsafe CCurl_set_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
        // An empty array may have no octets' address, which libcurl takes for a body that is asked of the caller.
        let code = unsafe (body.isEmpty ? [0] : body).withUnsafeBufferPointer { octets in
            unsafe octets.withMemoryRebound(to: CChar.self) { unsafe CCurl_set_text(handle, CURLOPT_COPYPOSTFIELDS, $0.baseAddress) }
        }
        try check(CURLOPT_COPYPOSTFIELDS, code)
    }

    /// Makes libcurl tell `exchange` what comes, which must outlive it.
    func tell(_ exchange: RunningExchange) throws(OptionRefused) {
        let context = unsafe Unmanaged.passUnretained(exchange).toOpaque()
        for option in [CURLOPT_PRIVATE, CURLOPT_HEADERDATA, CURLOPT_WRITEDATA, CURLOPT_PREREQDATA] {
            try check(option, unsafe CCurl_set_pointer(handle, option, context))
        }
        try check(CURLOPT_HEADERFUNCTION, unsafe CCurl_set_receiver(handle, CURLOPT_HEADERFUNCTION, receiveHeadLine))
        try check(CURLOPT_WRITEFUNCTION, unsafe CCurl_set_receiver(handle, CURLOPT_WRITEFUNCTION, receiveBody))
        try check(CURLOPT_PREREQFUNCTION, unsafe CCurl_set_connected(handle, connectionStands))
        try check(CURLOPT_SOCKOPTFUNCTION, unsafe CCurl_set_socket_made(handle, socketIsMade))
    }

    private func check(_ option: CURLoption, _ code: CURLcode) throws(OptionRefused) {
        guard code == CURLE_OK else { throw OptionRefused(option: option, code: code) }
    }

    // MARK: What became of it

    /// libcurl's words about an error; empty where it has none but the code's.
    var detail: String {
        unsafe String(cString: words)
    }

    /// How long something took, in microseconds; 0 where it has not happened.
    func time(_ info: CURLINFO) -> Int64 {
        var time: curl_off_t = 0
        unsafe CCurl_get_size(handle, info, &time)
        return Int64(time)
    }

    /// The `errno` of the last connection that failed; 0 where none did.
    var systemError: Int32 {
        var number = 0
        unsafe CCurl_get_number(handle, CURLINFO_OS_ERRNO, &number)
        return Int32(truncatingIfNeeded: number)
    }
}

/// libcurl's list of strings.
@safe private final class StringList {
    private(set) var first: UnsafeMutablePointer<curl_slist>?

    /// Nil where there is no memory.
    init?(_ strings: [String]) {
        for string in strings {
            guard let longer = unsafe curl_slist_append(first, string) else { return nil }
            unsafe first = longer
        }
    }

    deinit {
        unsafe curl_slist_free_all(first)
    }
}
