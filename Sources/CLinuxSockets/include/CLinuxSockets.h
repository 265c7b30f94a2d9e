#ifndef C_LINUX_SOCKETS_H
#define C_LINUX_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// What Linux's socket interface offers only through unions, control messages and variadic macros. Every function that can fail returns
// -errno; nothing here decides anything.

#define WEIR_BATCH 64

/// An address and a port, both as numbers in host order; IPv4 as its IPv4-mapped IPv6 address.
struct weir_endpoint {
    uint64_t high, low;
    uint16_t port;
};

/// A datagram as it was received; `payload` stays valid until the receiver's next call.
struct weir_datagram {
    const void *payload;
    uint64_t source_high, source_low;
    /// Nanoseconds since 1970: the kernel's receive time, or the time of the call where the kernel did not stamp it.
    int64_t received;
    uint32_t length;
    uint16_t source_port;
};

/// A datagram to be sent.
struct weir_outgoing {
    const void *payload;
    size_t length;
};

/// The buffers of one receive thread: WEIR_BATCH datagrams, each as large as UDP allows.
struct weir_receiver;

/// New buffers; NULL where there is no memory.
struct weir_receiver *weir_receiver_create(void);
void weir_receiver_free(struct weir_receiver *receiver);

/// What the last `weir_receive` has filled in, WEIR_BATCH entries.
struct weir_datagram *weir_receiver_datagrams(struct weir_receiver *receiver);

/// Receives what is there, at most WEIR_BATCH datagrams, without waiting. Returns their number. `dropped` is set to the latest SO_RXQ_OVFL
/// (drops since the socket was made) where the kernel said one; `now` to CLOCK_REALTIME in nanoseconds after the call.
int weir_receive(struct weir_receiver *receiver, int socket, uint32_t *dropped, int64_t *now);

/// Sends at most WEIR_BATCH datagrams over a connected socket. Returns how many of them were sent, at least one.
int weir_send(int socket, const struct weir_outgoing *datagrams, unsigned count);

/// A new datagram socket, close-on-exec.
int weir_udp_socket(bool ipv6, bool nonblocking);
/// Binds to an address. An IPv6 socket takes IPv4-mapped addresses as they are, an IPv4 socket as IPv4.
int weir_bind(int socket, bool ipv6, struct weir_endpoint endpoint);
int weir_connect(int socket, bool ipv6, struct weir_endpoint endpoint);
/// The address and port the socket is bound to.
int weir_local_endpoint(int socket, struct weir_endpoint *endpoint);

/// Whether an IPv6 socket leaves IPv4 alone.
int weir_set_v6_only(int socket, bool only);
int weir_set_reuse_port(int socket);
/// Asks the kernel to stamp datagrams and to count what it drops with them; a kernel that can't is none of the caller's trouble.
void weir_set_receive_details(int socket);
/// Asks for a receive buffer, beyond net.core.rmem_max where the process may, and returns the octets that were granted.
int weir_set_receive_buffer(int socket, int octets);
/// Datagrams dropped since the socket was made, by SO_MEMINFO; -errno where the kernel is older than 4.12.
int64_t weir_socket_drops(int socket);

/// A new non-blocking stream socket, close-on-exec, whose port can be taken again at once after a restart.
int weir_tcp_socket(bool ipv6);
/// Takes connections from now on; `waiting` is how many may wait to be accepted.
int weir_listen(int socket, int waiting);
/// The next connection that waits, as a non-blocking socket, close-on-exec, and who it comes from; -EAGAIN where none does.
int weir_accept(int socket, struct weir_endpoint *peer);
/// Reads what is there, `size` octets at most, without waiting. Returns their number, 0 at the end of the stream.
ssize_t weir_read(int socket, void *buffer, size_t size);
/// Makes the kernel ask a silent peer, after so many seconds, whether it is still there, and give up after a minute without an answer.
void weir_set_keep_alive(int socket, int seconds);
/// Makes closing end the connection at once, without waiting for the peer: for peers that are not wanted.
void weir_set_abrupt(int socket);

/// Lets the process open `wanted` descriptors, as far as its hard limit lets it, and returns how many it may open now.
int weir_allow_descriptors(int wanted);

/// Resolves a name or an address; IPv4 where it has both. Returns 0, or an error for `gai_strerror`.
int weir_resolve(const char *host, struct weir_endpoint *endpoint);

/// A new epoll instance.
int weir_poll_create(void);
/// Watches a descriptor for input; `tag` is what `weir_poll_wait` tells.
int weir_poll_add(int poll, int descriptor, uint32_t tag);
/// No longer watches a descriptor.
void weir_poll_remove(int poll, int descriptor);
/// Waits until something can be read or the time is over, and writes the tags of what can be. Returns their number, 0 after a signal.
int weir_poll_wait(int poll, uint32_t *tags, int capacity, int milliseconds);

/// Has freed memory of 256 KiB and more go back to the system at once. By itself, glibc keeps whatever is as large as what was freed before.
void weir_return_memory(void);

/// A descriptor that can be read, for all who watch it, once it has been signalled.
int weir_event_create(void);
void weir_event_signal(int event);

/// A new file in memory, close-on-exec, without a name in any folder; `name` is for people who look at /proc.
int weir_memory_file(const char *name);

/// Names the calling thread (15 octets at most) for `top -H`, and leaves the process's signals to other threads.
void weir_prepare_thread(const char *name);

/// Nanoseconds of CLOCK_REALTIME and CLOCK_MONOTONIC, and a wait until a moment of the latter.
int64_t weir_wall_time(void);
int64_t weir_monotonic_time(void);
void weir_wait_until(int64_t monotonic);

#endif
