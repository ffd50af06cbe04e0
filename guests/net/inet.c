// syscalls: socket sendmmsg recvmmsg setsockopt getsockopt ioctl
// The internet protocols over the loopback interface, their options, and the interface itself.
#include "../check.h"
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

static struct sockaddr_in6 storage;
static struct sockaddr *const name = (struct sockaddr *)&storage;
static socklen_t size;

/* The loopback address of a family in `storage`, with port 0. */
static void loopback(int family)
{
    memset(&storage, 0, sizeof storage);
    if (family == AF_INET) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)&storage;
        v4->sin_family = AF_INET;
        v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        size = sizeof *v4;
    } else {
        storage.sin6_family = AF_INET6;
        storage.sin6_addr = in6addr_loopback;
        size = sizeof storage;
    }
}

static int option(int fd, int level, int which)
{
    int value = -1;
    socklen_t length = sizeof value;
    CHECK_OK(getsockopt(fd, level, which, &value, &length));
    CHECK_EQ(length, sizeof value);
    return value;
}

static void set(int fd, int level, int which, int value)
{
    CHECK_OK(setsockopt(fd, level, which, &value, sizeof value));
}

/* A listening socket; its address is in `storage`. */
static int server(int family)
{
    int fd = CHECK_OK(socket(family, SOCK_STREAM, 0));
    set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    loopback(family);
    CHECK_OK(bind(fd, name, size));
    CHECK_OK(listen(fd, 8));
    CHECK_OK(getsockname(fd, name, &size));
    return fd;
}

static void tcp(int family)
{
    int listener = server(family), client = CHECK_OK(socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0));
    CHECK_EQ(option(listener, SOL_SOCKET, SO_ACCEPTCONN), 1);
    if (connect(client, name, size) != 0)
        CHECK_EQ(errno, EINPROGRESS);
    struct pollfd poller = {client, POLLOUT, 0};
    CHECK_EQ(poll(&poller, 1, 5000), 1);
    CHECK_EQ(option(client, SOL_SOCKET, SO_ERROR), 0);
    /* The first call after the connection is there tells so. */
    if (connect(client, name, size) == 0)
        CHECK_ERR(connect(client, name, size), EISCONN);
    else
        CHECK_EQ(errno, EISCONN);
    struct sockaddr_in6 peer, own;
    socklen_t peer_size = sizeof peer, own_size = sizeof own;
    int conn = CHECK_OK(accept(listener, (struct sockaddr *)&peer, &peer_size));
    CHECK_EQ(peer_size, size);
    CHECK_OK(getsockname(client, (struct sockaddr *)&own, &own_size));
    CHECK_EQ(peer.sin6_port, own.sin6_port);
    set(client, IPPROTO_TCP, TCP_NODELAY, 1);
    CHECK_EQ(option(client, IPPROTO_TCP, TCP_NODELAY), 1);
    struct tcp_info info;
    socklen_t length = sizeof info;
    CHECK_OK(getsockopt(client, IPPROTO_TCP, TCP_INFO, &info, &length));
    CHECK_EQ(info.tcpi_state, TCP_ESTABLISHED);

    /* A megabyte through a child that sends it back in upper case. */
    static char block[1 << 20], back[1 << 20];
    memset(block, 'a', sizeof block);
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        for (ssize_t count; (count = CHECK_OK(read(conn, back, sizeof back))) > 0;) {
            for (ssize_t i = 0; i < count; i++)
                back[i] -= 'a' - 'A';
            for (ssize_t done = 0; done < count;)
                done += CHECK_OK(write(conn, back + done, count - done));
        }
        _exit(0);
    }
    size_t sent = 0, received = 0;
    while (received < sizeof back) {
        poller.events = POLLIN | (sent < sizeof block ? POLLOUT : 0);
        CHECK_EQ(poll(&poller, 1, 5000), 1);
        if (poller.revents & POLLOUT)
            sent += CHECK_OK(write(client, block + sent, sizeof block - sent));
        if (poller.revents & POLLIN)
            received += CHECK_OK(read(client, back + received, sizeof back - received));
    }
    for (size_t i = 0; i < sizeof back; i++)
        CHECK_EQ(back[i], 'A');
    CHECK_OK(shutdown(client, SHUT_WR));
    CHECK_EXIT(pid, 0);
    CHECK_OK(close(conn));
    CHECK_OK(close(client));

    /* Nobody listens any more. */
    CHECK_OK(close(listener));
    client = CHECK_OK(socket(family, SOCK_STREAM, 0));
    CHECK_ERR(connect(client, name, size), ECONNREFUSED);
    CHECK_OK(close(client));
}

static void urgent(void)
{
    int listener = server(AF_INET), client = CHECK_OK(socket(AF_INET, SOCK_STREAM, 0));
    CHECK_OK(connect(client, name, size));
    int conn = CHECK_OK(accept(listener, NULL, NULL)), mark = -1;
    CHECK_EQ(send(client, "ab", 2, 0), 2);
    CHECK_EQ(send(client, "!", 1, MSG_OOB), 1);
    struct pollfd poller = {conn, POLLPRI, 0};
    CHECK_EQ(poll(&poller, 1, 5000), 1);
    CHECK_EQ(poller.revents, POLLPRI);
    char text[8];
    CHECK_EQ(recv(conn, text, 8, 0), 2);
    CHECK_OK(ioctl(conn, SIOCATMARK, &mark));
    CHECK_EQ(mark, 1);
    CHECK_EQ(recv(conn, text, 8, MSG_OOB), 1);
    CHECK_EQ(text[0], '!');
    struct linger linger = {1, 0}, got;
    socklen_t length = sizeof got;
    CHECK_OK(setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
    CHECK_OK(getsockopt(client, SOL_SOCKET, SO_LINGER, &got, &length));
    CHECK_EQ(got.l_onoff, 1);
    CHECK_OK(close(client));
    CHECK_ERR(recv(conn, text, 8, 0), ECONNRESET);
    CHECK_OK(close(conn));
    CHECK_OK(close(listener));
}

static void udp(int family)
{
    int a = CHECK_OK(socket(family, SOCK_DGRAM, 0)), b = CHECK_OK(socket(family, SOCK_DGRAM, 0));
    loopback(family);
    CHECK_OK(bind(a, name, size));
    CHECK_OK(getsockname(a, name, &size));
    set(a, SOL_SOCKET, SO_TIMESTAMP, 1);
    if (family == AF_INET)
        set(a, IPPROTO_IP, IP_PKTINFO, 1);
    else
        set(a, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);

    /* Several messages in one call, the last one without data. */
    struct iovec iov[3] = {{"one", 3}, {"three", 5}, {NULL, 0}};
    struct mmsghdr out[3] = {0}, in[4] = {0};
    for (int i = 0; i < 3; i++)
        out[i].msg_hdr = (struct msghdr){.msg_name = name, .msg_namelen = size, .msg_iov = &iov[i], .msg_iovlen = 1};
    CHECK_EQ(sendmmsg(b, out, 3, 0), 3);
    CHECK_EQ(out[1].msg_len, 5);
    char text[4][16], control[4][256];
    struct iovec to[4];
    struct sockaddr_in6 from;
    for (int i = 0; i < 4; i++) {
        to[i] = (struct iovec){text[i], 16};
        in[i].msg_hdr = (struct msghdr){.msg_iov = &to[i], .msg_iovlen = 1, .msg_control = control[i], .msg_controllen = 256};
    }
    in[0].msg_hdr.msg_name = &from;
    in[0].msg_hdr.msg_namelen = sizeof from;
    CHECK_EQ(recvmmsg(a, in, 4, MSG_WAITFORONE, NULL), 3);
    CHECK_EQ(in[0].msg_len, 3);
    CHECK_EQ(in[1].msg_len, 5);
    CHECK_EQ(in[2].msg_len, 0);
    CHECK_EQ(memcmp(text[1], "three", 5), 0);
    CHECK_EQ(in[0].msg_hdr.msg_namelen, size);
    CHECK_EQ(from.sin6_family, family);
    int stamps = 0, places = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&in[1].msg_hdr); c; c = CMSG_NXTHDR(&in[1].msg_hdr, c)) {
        stamps += c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMP;
        places += c->cmsg_type == (family == AF_INET ? IP_PKTINFO : IPV6_PKTINFO);
    }
    CHECK_EQ(stamps, 1);
    CHECK_EQ(places, 1);

    /* The time-out counts between messages; what is left of it comes back. */
    CHECK_ERR(recvmmsg(a, in, 4, MSG_DONTWAIT, NULL), EAGAIN);
    CHECK_EQ(sendmmsg(b, out, 1, 0), 1);
    struct timespec limit = {0, 0}, bad = {0, -1};
    CHECK_EQ(recvmmsg(a, in, 4, 0, &limit), 1);
    CHECK_ERR(recvmmsg(a, in, 4, 0, &bad), EINVAL);
    CHECK_ERR(syscall(SYS_recvmmsg, a, BAD, 1, 0, NULL), EFAULT);
    CHECK_ERR(syscall(SYS_sendmmsg, b, BAD, 1, 0), EFAULT);
    CHECK_EQ(sendmmsg(b, out, 0, 0), 0);
    CHECK_ERR(sendmmsg(99, out, 1, 0), EBADF);

    /* An error that came from the network. */
    CHECK_OK(connect(b, name, size));
    CHECK_OK(close(a));
    CHECK_EQ(send(b, "x", 1, 0), 1);
    CHECK_ERR(recv(b, text, 16, 0), ECONNREFUSED);
    CHECK_OK(close(b));
}

static void options(void)
{
    int fd = CHECK_OK(socket(AF_INET, SOCK_DGRAM, 0)), value = 0;
    CHECK_EQ(option(fd, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
    CHECK_EQ(option(fd, SOL_SOCKET, SO_DOMAIN), AF_INET);
    CHECK_EQ(option(fd, SOL_SOCKET, SO_PROTOCOL), IPPROTO_UDP);
    set(fd, SOL_SOCKET, SO_RCVBUF, 65536);
    CHECK_EQ(option(fd, SOL_SOCKET, SO_RCVBUF), 131072);
    set(fd, IPPROTO_IP, IP_TTL, 5);
    CHECK_EQ(option(fd, IPPROTO_IP, IP_TTL), 5);
    struct timeval limit = {3, 500000}, got;
    socklen_t length = sizeof got;
    CHECK_OK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
    CHECK_OK(getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &got, &length));
    CHECK_EQ(length, sizeof got);
    CHECK_EQ(got.tv_sec, 3);
    CHECK_EQ(got.tv_usec, 500000);
    /* Only as much as there is room for. */
    char byte = 0x55;
    length = 1;
    CHECK_OK(getsockopt(fd, IPPROTO_IP, IP_TTL, &byte, &length));
    CHECK_EQ(length, 1);
    CHECK_EQ(byte, 5);
    length = -1;
    CHECK_ERR(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &length), EINVAL);
    CHECK_ERR(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, -1), EINVAL);
    CHECK_ERR(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, 1), EINVAL);
    CHECK_ERR(setsockopt(fd, 999, 1, &value, 4), ENOPROTOOPT);
    CHECK_ERR(setsockopt(fd, SOL_SOCKET, 999, &value, 4), ENOPROTOOPT);
    CHECK_ERR(syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_REUSEADDR, BAD, 4), EFAULT);
    CHECK_ERR(syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &value, BAD), EFAULT);
    length = 4;
    CHECK_ERR(syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, BAD, &length), EFAULT);
    CHECK_ERR(setsockopt(1, SOL_SOCKET, SO_REUSEADDR, &value, 4), ENOTSOCK);
    CHECK_ERR(setsockopt(99, SOL_SOCKET, SO_REUSEADDR, &value, 4), EBADF);

    /* A packet filter is behind a pointer: this one lets packets of more than 10 bytes pass. */
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 10 + 8, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0xffff),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog program = {4, code};
    loopback(AF_INET);
    CHECK_OK(bind(fd, name, size));
    CHECK_OK(getsockname(fd, name, &size));
    CHECK_OK(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program));
    CHECK_EQ(sendto(fd, "short", 5, 0, name, size), 5);
    CHECK_EQ(sendto(fd, "long enough", 11, 0, name, size), 11);
    char text[32];
    CHECK_EQ(recv(fd, text, 32, 0), 11);
    CHECK_ERR(recv(fd, text, 32, MSG_DONTWAIT), EAGAIN);
    CHECK_OK(setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &value, sizeof value));
    CHECK_ERR(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, 3), EINVAL);
    program.len = 0;
    CHECK_ERR(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), EINVAL);
    program = (struct sock_fprog){4, BAD};
    CHECK_ERR(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), EFAULT);
    CHECK_OK(close(fd));
}

static void interfaces(void)
{
    int fd = CHECK_OK(socket(AF_INET, SOCK_DGRAM, 0));
    struct ifreq request = {0};
    strcpy(request.ifr_name, "lo");
    CHECK_OK(ioctl(fd, SIOCGIFINDEX, &request));
    int index = request.ifr_ifindex;
    CHECK_EQ(index, if_nametoindex("lo"));
    memset(&request, 0, sizeof request);
    request.ifr_ifindex = index;
    CHECK_OK(ioctl(fd, SIOCGIFNAME, &request));
    CHECK_STR(request.ifr_name, "lo");
    CHECK_OK(ioctl(fd, SIOCGIFFLAGS, &request));
    CHECK(request.ifr_flags & IFF_LOOPBACK);
    CHECK_OK(ioctl(fd, SIOCGIFADDR, &request));
    CHECK_EQ(((struct sockaddr_in *)&request.ifr_addr)->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    CHECK_OK(ioctl(fd, SIOCGIFMTU, &request));
    CHECK(request.ifr_mtu >= 1500);
    CHECK_OK(ioctl(fd, SIOCGIFHWADDR, &request));
    strcpy(request.ifr_name, "none");
    CHECK_ERR(ioctl(fd, SIOCGIFINDEX, &request), ENODEV);
    CHECK_ERR(ioctl(fd, SIOCGIFINDEX, BAD), EFAULT);

    struct ifconf all = {0};
    CHECK_OK(ioctl(fd, SIOCGIFCONF, &all));
    CHECK(all.ifc_len >= (int)sizeof request && all.ifc_len % sizeof request == 0);
    struct ifreq list[32];
    all = (struct ifconf){.ifc_len = sizeof list, .ifc_req = list};
    CHECK_OK(ioctl(fd, SIOCGIFCONF, &all));
    int found = 0;
    for (int i = 0; i < all.ifc_len / (int)sizeof request; i++)
        found += strcmp(list[i].ifr_name, "lo") == 0;
    CHECK_EQ(found, 1);
    CHECK_ERR(ioctl(fd, 0x89a0 + 99, &request), ENOTTY);

    /* The owner of a socket, and what waits in its buffers. */
    int owner = getpid(), value = -1;
    CHECK_OK(ioctl(fd, FIOSETOWN, &owner));
    CHECK_OK(ioctl(fd, SIOCGPGRP, &value));
    CHECK_EQ(value, owner);
    CHECK_OK(ioctl(fd, SIOCOUTQ, &value));
    CHECK_EQ(value, 0);
    CHECK_OK(close(fd));
}

/* The list of links, as `ip link` asks for it. */
static void route(void)
{
    int fd = CHECK_OK(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    struct sockaddr_nl own = {.nl_family = AF_NETLINK};
    socklen_t length = sizeof own;
    CHECK_OK(bind(fd, (struct sockaddr *)&own, sizeof own));
    CHECK_OK(getsockname(fd, (struct sockaddr *)&own, &length));
    CHECK_EQ(length, sizeof own);
    CHECK(own.nl_pid != 0);
    struct {
        struct nlmsghdr header;
        struct rtgenmsg body;
    } ask = {{sizeof ask, RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 7, 0}, {AF_UNSPEC}};
    CHECK_EQ(send(fd, &ask, sizeof ask, 0), sizeof ask);
    static char reply[65536];
    int links = 0, done = 0;
    while (!done) {
        ssize_t count = CHECK_OK(recv(fd, reply, sizeof reply, 0));
        for (struct nlmsghdr *m = (void *)reply; NLMSG_OK(m, count); m = NLMSG_NEXT(m, count)) {
            CHECK_EQ(m->nlmsg_seq, 7);
            links += m->nlmsg_type == RTM_NEWLINK;
            done |= m->nlmsg_type == NLMSG_DONE;
        }
    }
    CHECK(links > 0);
    CHECK_OK(close(fd));
}

int main(void)
{
    begin();
    tcp(AF_INET);
    urgent();
    udp(AF_INET);
    options();
    interfaces();
    route();
    int probe = socket(AF_INET6, SOCK_DGRAM, 0);
    loopback(AF_INET6);
    if (probe >= 0 && bind(probe, name, size) == 0) {
        tcp(AF_INET6);
        udp(AF_INET6);
    }
    return finish();
}
