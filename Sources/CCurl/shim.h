// What checks the types of the variadic functions' arguments is of no use to the functions below, which have them in their names.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

// libcurl's setters and getters are variadic, so Swift cannot call them. Here they are, by the type of what an option takes.
static inline CURLcode CCurl_set_number(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode CCurl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

// A string or octets, of which libcurl makes a copy; null takes a default away.
static inline CURLcode CCurl_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

// What libcurl makes no copy of: a list, a context, a buffer for words about an error.
static inline CURLcode CCurl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode CCurl_set_receiver(CURL *easy, CURLoption option, curl_write_callback receiver) {
    return curl_easy_setopt(easy, option, receiver);
}

static inline CURLcode CCurl_set_connected(CURL *easy, curl_prereq_callback connected) {
    return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, connected);
}

static inline CURLcode CCurl_set_socket_made(CURL *easy, curl_sockopt_callback made) {
    return curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, made);
}

static inline CURLcode CCurl_get_number(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode CCurl_get_size(CURL *easy, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode CCurl_get_context(CURL *easy, void **value) {
    return curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)value);
}

static inline CURLMcode CCurl_set_multi_number(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

// The result of the next exchange that has ended, and its handle, which the next call for that handle makes invalid; null where none has.
static inline CURL *CCurl_next_ended(CURLM *multi, CURLcode *result) {
    int waiting;
    for (CURLMsg *message; (message = curl_multi_info_read(multi, &waiting));) {
        if (message->msg != CURLMSG_DONE) continue;
        *result = message->data.result;
        return message->easy_handle;
    }
    return 0;
}
