// syscalls: msgget msgsnd msgrcv msgctl
// System V message queues: order and types, sizes, waiting, records.
#include "../check.h"
#include <sys/ipc.h>
#include <sys/msg.h>

static struct {
    long type;
    char text[64];
} message;

static int id;

static int put(long type, const char *text, int flags)
{
    message.type = type;
    strcpy(message.text, text);
    return msgsnd(id, &message, strlen(text), flags);
}

static volatile int handled;
static void on_signal(int signal) { handled = signal; }

int main(void)
{
    begin();
    id = CHECK_OK(msgget(IPC_PRIVATE, IPC_CREAT | 0600));
    CHECK_OK(put(3, "three", 0));
    CHECK_OK(put(1, "one", 0));
    CHECK_OK(put(2, "", 0));
    struct msqid_ds record;
    memset(&record, 0xff, sizeof record);
    CHECK_OK(msgctl(id, IPC_STAT, &record));
    CHECK_EQ(record.msg_qnum, 3);
    CHECK_EQ(record.msg_perm.mode, 0600);
    CHECK_EQ(record.msg_lspid, getpid());
    CHECK_EQ(record.msg_lrpid, 0);
    CHECK(record.msg_qbytes > 0);

    /* By type, in order, and the lowest. */
    memset(&message, 0, sizeof message);
    CHECK_EQ(msgrcv(id, &message, 64, 1, 0), 3);
    CHECK_EQ(message.type, 1);
    CHECK_STR(message.text, "one");
    CHECK_EQ(msgrcv(id, &message, 64, -2, 0), 0);
    CHECK_EQ(message.type, 2);
    CHECK_ERR(msgrcv(id, &message, 4, 0, 0), E2BIG);
    memset(&message, 0, sizeof message);
    CHECK_EQ(msgrcv(id, &message, 4, 0, MSG_NOERROR), 4);
    CHECK_STR(message.text, "thre");
    CHECK_ERR(msgrcv(id, &message, 64, 0, IPC_NOWAIT), ENOMSG);

    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        usleep(20000);
        _exit(put(9, "late", 0));
    }
    CHECK_EQ(msgrcv(id, &message, 64, 9, 0), 4);
    CHECK_EXIT(pid, 0);
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    CHECK_OK(sigaction(SIGUSR1, &action, NULL));
    pid = CHECK_OK(fork());
    if (pid == 0) {
        usleep(30000);
        _exit(kill(getppid(), SIGUSR1));
    }
    CHECK_ERR(msgrcv(id, &message, 64, 0, 0), EINTR);
    CHECK_EQ(handled, SIGUSR1);
    CHECK_EXIT(pid, 0);

    CHECK_OK(msgctl(id, IPC_STAT, &record));
    record.msg_qbytes = 10;
    CHECK_OK(msgctl(id, IPC_SET, &record));
    CHECK_OK(put(1, "12345678", 0));
    CHECK_ERR(put(1, "abc", IPC_NOWAIT), EAGAIN);
    struct msginfo info = {0};
    CHECK_OK(msgctl(0, IPC_INFO, (struct msqid_ds *)&info));
    CHECK(info.msgmax > 0 && info.msgmnb > 0);

    CHECK_ERR(put(0, "x", 0), EINVAL);
    CHECK_ERR(msgsnd(id, &message, -1, 0), EINVAL);
    CHECK_ERR(msgrcv(id, &message, -1, 0, 0), EINVAL);
    CHECK_ERR(syscall(SYS_msgsnd, id, BAD, 1, 0), EFAULT);
    CHECK_ERR(syscall(SYS_msgrcv, id, BAD, 64, 0, 0), EFAULT);
    CHECK_ERR(msgctl(id, 99, &record), EINVAL);
    CHECK_ERR(syscall(SYS_msgctl, id, IPC_STAT, BAD), EFAULT);
    CHECK_ERR(msgget(0x7e1f05e1, 0), ENOENT);
    CHECK_OK(msgctl(id, IPC_RMID, NULL));
    CHECK_ERR(msgctl(id, IPC_STAT, &record), EINVAL);
    return finish();
}
