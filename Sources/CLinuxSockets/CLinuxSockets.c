#define _GNU_SOURCE
#include "CLinuxSockets.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <linux/sock_diag.h>
#include <malloc.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif

// The largest UDP payload is 65,527 octets, so no datagram is ever cut. The stride between slots is longer by a full Ethernet datagram (23
// cache lines): at a stride of 65,536 the beginnings of all slots would fall into the same sets of the caches. Pages are touched as
// datagrams fill them, so small datagrams keep all but one page of each slot unmapped.
#define SLOT 65536
#define STRIDE (SLOT + 23 * 64)

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

union control {
    struct cmsghdr alignment;
    char octets[CMSG_SPACE(sizeof(struct timespec)) + CMSG_SPACE(sizeof(uint32_t))];
};

struct weir_receiver {
    struct mmsghdr messages[WEIR_BATCH];
    struct iovec vectors[WEIR_BATCH];
    union address sources[WEIR_BATCH];
    union control controls[WEIR_BATCH];
    struct weir_datagram datagrams[WEIR_BATCH];
    char *slots;
};

static int64_t nanoseconds(struct timespec time) { return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec; }

static int64_t clock_now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return nanoseconds(time);
}

int64_t weir_wall_time(void) { return clock_now(CLOCK_REALTIME); }
int64_t weir_monotonic_time(void) { return clock_now(CLOCK_MONOTONIC); }

void weir_wait_until(int64_t monotonic) {
    struct timespec until = {.tv_sec = monotonic / 1000000000, .tv_nsec = monotonic % 1000000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
    }
}

// MARK: - Addresses

static struct weir_endpoint endpoint_of(const union address *address) {
    struct weir_endpoint endpoint = {0, 0, 0};
    if (address->any.sa_family == AF_INET) {
        endpoint.low = 0xFFFF00000000 | ntohl(address->v4.sin_addr.s_addr);
        endpoint.port = ntohs(address->v4.sin_port);
    } else if (address->any.sa_family == AF_INET6) {
        uint64_t halves[2];
        memcpy(halves, &address->v6.sin6_addr, sizeof halves);
        endpoint.high = be64toh(halves[0]);
        endpoint.low = be64toh(halves[1]);
        endpoint.port = ntohs(address->v6.sin6_port);
    }
    return endpoint;
}

static socklen_t address_of(struct weir_endpoint endpoint, bool ipv6, union address *address) {
    memset(address, 0, sizeof *address);
    if (!ipv6) {
        address->v4.sin_family = AF_INET;
        address->v4.sin_addr.s_addr = htonl((uint32_t)endpoint.low);
        address->v4.sin_port = htons(endpoint.port);
        return sizeof address->v4;
    }
    uint64_t halves[2] = {htobe64(endpoint.high), htobe64(endpoint.low)};
    address->v6.sin6_family = AF_INET6;
    memcpy(&address->v6.sin6_addr, halves, sizeof halves);
    address->v6.sin6_port = htons(endpoint.port);
    return sizeof address->v6;
}

int weir_bind(int socket, bool ipv6, struct weir_endpoint endpoint) {
    union address address;
    socklen_t length = address_of(endpoint, ipv6, &address);
    return bind(socket, &address.any, length) < 0 ? -errno : 0;
}

int weir_connect(int socket, bool ipv6, struct weir_endpoint endpoint) {
    union address address;
    socklen_t length = address_of(endpoint, ipv6, &address);
    return connect(socket, &address.any, length) < 0 ? -errno : 0;
}

int weir_local_endpoint(int socket, struct weir_endpoint *endpoint) {
    union address address;
    socklen_t length = sizeof address;
    if (getsockname(socket, &address.any, &length) < 0) return -errno;
    *endpoint = endpoint_of(&address);
    return 0;
}

int weir_resolve(const char *host, struct weir_endpoint *endpoint) {
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *found, *choice;
    int error = getaddrinfo(host, NULL, &hints, &found);
    if (error) return error;
    for (choice = found; choice && choice->ai_family != AF_INET; choice = choice->ai_next) {
    }
    *endpoint = endpoint_of((const union address *)(choice ? choice : found)->ai_addr);
    freeaddrinfo(found);
    return 0;
}

// MARK: - Sockets

int weir_udp_socket(bool ipv6, bool nonblocking) {
    int made = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0), 0);
    return made < 0 ? -errno : made;
}

static int set(int socket, int level, int option, int value) {
    return setsockopt(socket, level, option, &value, sizeof value) < 0 ? -errno : 0;
}

int weir_set_v6_only(int socket, bool only) { return set(socket, IPPROTO_IPV6, IPV6_V6ONLY, only); }

int weir_set_reuse_port(int socket) { return set(socket, SOL_SOCKET, SO_REUSEPORT, 1); }

void weir_set_receive_details(int socket) {
    set(socket, SOL_SOCKET, SO_RXQ_OVFL, 1);
    set(socket, SOL_SOCKET, SO_TIMESTAMPNS, 1);
}

int weir_set_receive_buffer(int socket, int octets) {
    if (set(socket, SOL_SOCKET, SO_RCVBUFFORCE, octets) < 0) set(socket, SOL_SOCKET, SO_RCVBUF, octets);
    int granted = 0;
    socklen_t length = sizeof granted;
    if (getsockopt(socket, SOL_SOCKET, SO_RCVBUF, &granted, &length) < 0) return -errno;
    // socket(7): the kernel doubles what it is asked for, for its own bookkeeping, and says the doubled value.
    return granted / 2;
}

int64_t weir_socket_drops(int socket) {
    uint32_t info[SK_MEMINFO_VARS];
    socklen_t length = sizeof info;
    if (getsockopt(socket, SOL_SOCKET, SO_MEMINFO, info, &length) < 0) return -errno;
    return length > SK_MEMINFO_DROPS * sizeof *info ? (int64_t)info[SK_MEMINFO_DROPS] : -ENOPROTOOPT;
}

// MARK: - Connections

int weir_tcp_socket(bool ipv6) {
    int made = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made < 0) return -errno;
    set(made, SOL_SOCKET, SO_REUSEADDR, 1);
    return made;
}

int weir_listen(int socket, int waiting) { return listen(socket, waiting) < 0 ? -errno : 0; }

int weir_accept(int socket, struct weir_endpoint *peer) {
    union address address;
    socklen_t length = sizeof address;
    int accepted = accept4(socket, &address.any, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (accepted < 0) return -errno;
    *peer = endpoint_of(&address);
    return accepted;
}

ssize_t weir_read(int socket, void *buffer, size_t size) {
    ssize_t octets = recv(socket, buffer, size, MSG_DONTWAIT);
    return octets < 0 ? -errno : octets;
}

void weir_set_keep_alive(int socket, int seconds) {
    set(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(socket, IPPROTO_TCP, TCP_KEEPIDLE, seconds);
    set(socket, IPPROTO_TCP, TCP_KEEPINTVL, 10);
    set(socket, IPPROTO_TCP, TCP_KEEPCNT, 6);
}

void weir_set_abrupt(int socket) {
    struct linger abrupt = {.l_onoff = 1, .l_linger = 0};
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &abrupt, sizeof abrupt);
}

int weir_allow_descriptors(int wanted) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    if (limit.rlim_cur < (rlim_t)wanted && limit.rlim_cur < limit.rlim_max) {
        struct rlimit raised = {limit.rlim_max < (rlim_t)wanted ? limit.rlim_max : (rlim_t)wanted, limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
    }
    return limit.rlim_cur > INT_MAX ? INT_MAX : (int)limit.rlim_cur;
}

// MARK: - Receiving

struct weir_receiver *weir_receiver_create(void) {
    struct weir_receiver *receiver = calloc(1, sizeof *receiver);
    if (!receiver) return NULL;
    receiver->slots = malloc((size_t)WEIR_BATCH * STRIDE);
    if (!receiver->slots) {
        free(receiver);
        return NULL;
    }
    for (int slot = 0; slot < WEIR_BATCH; slot++) {
        receiver->vectors[slot] = (struct iovec){.iov_base = receiver->slots + (size_t)slot * STRIDE, .iov_len = SLOT};
        receiver->messages[slot].msg_hdr = (struct msghdr){
            .msg_name = &receiver->sources[slot], .msg_iov = &receiver->vectors[slot], .msg_iovlen = 1, .msg_control = &receiver->controls[slot]};
    }
    return receiver;
}

void weir_receiver_free(struct weir_receiver *receiver) {
    free(receiver->slots);
    free(receiver);
}

struct weir_datagram *weir_receiver_datagrams(struct weir_receiver *receiver) { return receiver->datagrams; }

int weir_receive(struct weir_receiver *receiver, int socket, uint32_t *dropped, int64_t *now) {
    // The kernel writes the lengths it used over those it was given.
    for (int slot = 0; slot < WEIR_BATCH; slot++) {
        receiver->messages[slot].msg_hdr.msg_namelen = sizeof(union address);
        receiver->messages[slot].msg_hdr.msg_controllen = sizeof(union control);
    }
    int count = recvmmsg(socket, receiver->messages, WEIR_BATCH, MSG_DONTWAIT, NULL);
    if (count < 0) return -errno;
    *now = clock_now(CLOCK_REALTIME);
    for (int slot = 0; slot < count; slot++) {
        struct msghdr *header = &receiver->messages[slot].msg_hdr;
        struct weir_endpoint source = endpoint_of(&receiver->sources[slot]);
        int64_t received = *now;
        for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part; part = CMSG_NXTHDR(header, part)) {
            if (part->cmsg_level != SOL_SOCKET) continue;
            if (part->cmsg_type == SO_RXQ_OVFL) {
                memcpy(dropped, CMSG_DATA(part), sizeof *dropped);
            } else if (part->cmsg_type == SCM_TIMESTAMPNS) {
                struct timespec time;
                memcpy(&time, CMSG_DATA(part), sizeof time);
                received = nanoseconds(time);
            }
        }
        receiver->datagrams[slot] = (struct weir_datagram){
            .payload = receiver->vectors[slot].iov_base,
            .source_high = source.high,
            .source_low = source.low,
            .received = received,
            .length = receiver->messages[slot].msg_len,
            .source_port = source.port};
    }
    return count;
}

// MARK: - Sending

int weir_send(int socket, const struct weir_outgoing *datagrams, unsigned count) {
    struct mmsghdr messages[WEIR_BATCH] = {0};
    struct iovec vectors[WEIR_BATCH];
    if (count > WEIR_BATCH) count = WEIR_BATCH;
    for (unsigned index = 0; index < count; index++) {
        vectors[index] = (struct iovec){.iov_base = (void *)datagrams[index].payload, .iov_len = datagrams[index].length};
        messages[index].msg_hdr.msg_iov = &vectors[index];
        messages[index].msg_hdr.msg_iovlen = 1;
    }
    int sent = sendmmsg(socket, messages, count, 0);
    return sent < 0 ? -errno : sent;
}

// MARK: - Waiting

int weir_poll_create(void) {
    int poll = epoll_create1(EPOLL_CLOEXEC);
    return poll < 0 ? -errno : poll;
}

int weir_poll_add(int poll, int descriptor, uint32_t tag) {
    struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = tag}};
    return epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event) < 0 ? -errno : 0;
}

void weir_poll_remove(int poll, int descriptor) { epoll_ctl(poll, EPOLL_CTL_DEL, descriptor, NULL); }

int weir_poll_wait(int poll, uint32_t *tags, int capacity, int milliseconds) {
    struct epoll_event events[WEIR_BATCH];
    int count = epoll_wait(poll, events, capacity < WEIR_BATCH ? capacity : WEIR_BATCH, milliseconds);
    for (int index = 0; index < count; index++) tags[index] = events[index].data.u32;
    return count < 0 ? 0 : count;
}

int weir_event_create(void) {
    int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return event < 0 ? -errno : event;
}

void weir_event_signal(int event) { eventfd_write(event, 1); }

// MARK: - Memory

void weir_return_memory(void) { mallopt(M_MMAP_THRESHOLD, 256 << 10); }

// MARK: - Files

int weir_memory_file(const char *name) {
    int file = memfd_create(name, MFD_CLOEXEC);
    return file < 0 ? -errno : file;
}

// MARK: - Threads

void weir_prepare_thread(const char *name) {
    // Faults stay: they belong to the thread that makes them, and Swift's backtrace handler wants to see them.
    static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT};
    sigset_t blocked;
    sigfillset(&blocked);
    for (size_t index = 0; index < sizeof faults / sizeof *faults; index++) sigdelset(&blocked, faults[index]);
    pthread_sigmask(SIG_BLOCK, &blocked, NULL);
    pthread_setname_np(pthread_self(), name);
}
