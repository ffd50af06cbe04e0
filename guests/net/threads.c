// syscalls: accept epoll_pwait recvmsg close shutdown
// Sockets and sets that threads share: who is woken, what a close leaves, descriptors in flight.
#include "../check.h"
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { WORKERS = 8, ROUNDS = 200 };

static int set, pair[2];
static int taken[WORKERS];

/* Each event wakes one worker, which takes it and arms the descriptor again. */
static void *worker(void *argument)
{
    long mine = (long)argument;
    for (;;) {
        struct epoll_event event;
        CHECK_EQ(epoll_wait(set, &event, 1, -1), 1);
        int fd = event.data.fd;
        eventfd_t value;
        CHECK_OK(eventfd_read(fd, &value));
        CHECK_EQ(value, 1);
        if (event.data.fd == pair[0])
            return NULL;
        __atomic_add_fetch(&taken[mine], 1, __ATOMIC_SEQ_CST);
        event.events = EPOLLIN | EPOLLONESHOT;
        CHECK_OK(epoll_ctl(set, EPOLL_CTL_MOD, fd, &event));
    }
}

static int total(void)
{
    int sum = 0;
    for (int i = 0; i < WORKERS; i++)
        sum += __atomic_load_n(&taken[i], __ATOMIC_SEQ_CST);
    return sum;
}

static void one_shot(void)
{
    pthread_t threads[WORKERS];
    set = CHECK_OK(epoll_create1(0));
    int work = CHECK_OK(eventfd(0, EFD_SEMAPHORE)), quit = CHECK_OK(eventfd(0, EFD_SEMAPHORE));
    struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.fd = work};
    CHECK_OK(epoll_ctl(set, EPOLL_CTL_ADD, work, &event));
    for (long i = 0; i < WORKERS; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, worker, (void *)i), 0);
    for (int i = 0; i < ROUNDS; i++) {
        CHECK_OK(eventfd_write(work, 1));
        while (total() != i + 1)
            sched_yield();
    }
    /* Level-triggered: as many units as threads, and each takes one. */
    pair[0] = quit;
    event = (struct epoll_event){.events = EPOLLIN, .data.fd = quit};
    CHECK_OK(fcntl(quit, F_SETFL, 0));
    CHECK_OK(epoll_ctl(set, EPOLL_CTL_ADD, quit, &event));
    CHECK_OK(eventfd_write(quit, WORKERS));
    for (int i = 0; i < WORKERS; i++)
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
    CHECK_EQ(total(), ROUNDS);
    CHECK_OK(close(work));
    CHECK_OK(close(quit));
    CHECK_OK(close(set));
}

static int listener;

static void *acceptor(void *argument)
{
    int fd = accept(listener, NULL, NULL);
    *(int *)argument = fd < 0 ? -errno : fd;
    return NULL;
}

/* A blocked accept outlives the close of its descriptor, and ends with a shutdown. */
static void blocked(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "socket"};
    pthread_t thread;
    int result = 0;
    listener = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0));
    CHECK_OK(bind(listener, (struct sockaddr *)&name, sizeof name));
    CHECK_OK(listen(listener, 4));
    CHECK_EQ(pthread_create(&thread, NULL, acceptor, &result), 0);
    usleep(30000);
    int copy = CHECK_OK(dup(listener));
    CHECK_OK(close(listener));
    int client = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0));
    CHECK_OK(connect(client, (struct sockaddr *)&name, sizeof name));
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK(result >= 0);
    CHECK_OK(close(result));
    listener = copy;
    CHECK_EQ(pthread_create(&thread, NULL, acceptor, &result), 0);
    usleep(30000);
    CHECK_OK(shutdown(listener, SHUT_RDWR));
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_EQ(result, -EINVAL);
    CHECK_OK(close(client));
    CHECK_OK(close(listener));
}

/* Descriptors that one thread sends and another receives while a third opens and closes. */
static int stop;

static void *churn(void *unused)
{
    (void)unused;
    while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST)) {
        int fd = CHECK_OK(open("/dev/null", O_RDONLY));
        struct stat st;
        CHECK_OK(fstat(fd, &st));
        CHECK(S_ISCHR(st.st_mode));
        CHECK_OK(close(fd));
    }
    return NULL;
}

static void *sender(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        char control[CMSG_SPACE(sizeof(int))] = "";
        struct iovec iov = {&i, sizeof i};
        struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        int fd = CHECK_OK(eventfd(i, 0));
        c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(c), &fd, sizeof fd);
        CHECK_EQ(sendmsg(pair[0], &message, 0), sizeof i);
        CHECK_OK(close(fd));
    }
    return NULL;
}

static void in_flight(void)
{
    pthread_t threads[2];
    CHECK_OK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
    CHECK_EQ(pthread_create(&threads[0], NULL, churn, NULL), 0);
    CHECK_EQ(pthread_create(&threads[1], NULL, sender, NULL), 0);
    for (int i = 0; i < ROUNDS; i++) {
        int got = -1, fd;
        char control[CMSG_SPACE(sizeof(int))];
        struct iovec iov = {&got, sizeof got};
        struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
        CHECK_EQ(recvmsg(pair[1], &message, 0), sizeof got);
        CHECK_EQ(got, i);
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
        eventfd_t value = 0;
        if (i > 0)
            CHECK_OK(eventfd_read(fd, &value));
        CHECK_EQ(value, i);
        CHECK_OK(close(fd));
    }
    __atomic_store_n(&stop, 1, __ATOMIC_SEQ_CST);
    for (int i = 0; i < 2; i++)
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
}

int main(void)
{
    begin();
    one_shot();
    blocked();
    in_flight();
    return finish();
}
