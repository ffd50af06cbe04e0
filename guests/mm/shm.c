// syscalls: shmget shmat shmctl shmdt
// System V shared memory: shared, found again, placed, taken apart, gone.
#include "../check.h"
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>

enum { PAGE = 65536, SIZE = 3 * PAGE };

static int attaches(int id)
{
    struct shmid_ds state;
    CHECK_OK(shmctl(id, IPC_STAT, &state));
    return state.shm_nattch;
}

/* What /proc/self/maps says about the mapping at an address. */
static void line_of(void *at, char *line, size_t size)
{
    char start[32];
    snprintf(start, sizeof start, "%lx-", (unsigned long)at);
    FILE *maps = fopen("/proc/self/maps", "r");
    CHECK(maps != NULL);
    while (fgets(line, size, maps))
        if (strncmp(line, start, strlen(start)) == 0) {
            fclose(maps);
            return;
        }
    CHECK(!"no such mapping");
}

int main(void)
{
    begin();
    CHECK_ERR(shmget(IPC_PRIVATE, 0, IPC_CREAT | 0600), EINVAL);
    int id = CHECK_OK(shmget(IPC_PRIVATE, SIZE - 100, IPC_CREAT | 0600));
    struct shmid_ds state;
    CHECK_OK(shmctl(id, IPC_STAT, &state));
    CHECK_EQ(state.shm_segsz, SIZE - 100);
    CHECK_EQ(state.shm_perm.mode & 0777, 0600);
    CHECK_EQ(state.shm_cpid, getpid());
    CHECK_EQ(state.shm_nattch, 0);

    char *at = shmat(id, NULL, 0);
    CHECK(at != (void *)-1);
    CHECK_EQ((uintptr_t)at % 4096, 0);
    for (int i = 0; i < SIZE; i++)
        CHECK_EQ(at[i], 0);
    strcpy(at, "shared");
    CHECK_EQ(attaches(id), 1);
    char line[512];
    line_of(at, line, sizeof line);
    CHECK(strstr(line, " rw-s 00000000 ") != NULL);
    CHECK(strstr(line, "/SYSV00000000 (deleted)") != NULL);

    /* With a child, and with a second view. */
    char *view = shmat(id, NULL, SHM_RDONLY);
    CHECK(view != (void *)-1 && view != at);
    CHECK_STR(view, "shared");
    CHECK_ERR(mprotect(view, PAGE, PROT_READ | PROT_WRITE), EACCES);
    IN_CHILD({
        CHECK_EQ(attaches(id), 4);
        strcpy(at + PAGE, "from the child");
    });
    CHECK_STR(view + PAGE, "from the child");
    CHECK_EQ(attaches(id), 2);
    /* Writing to a view for reading. */
    pid_t child = CHECK_OK(fork());
    if (child == 0) {
        *(volatile char *)view = 1;
        _exit(0);
    }
    CHECK_KILLED(child, SIGSEGV);
    /* A new program has nothing attached. */
    IN_CHILD({
        execl("/bin/true", "true", NULL);
    });
    CHECK_EQ(attaches(id), 2);

    /* At an address. */
    char *room = mmap(NULL, 2 * SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(room != MAP_FAILED);
    CHECK(shmat(id, room, 0) == (void *)-1);
    CHECK_EQ(errno, EINVAL);
    CHECK(shmat(id, room + 1, SHM_REMAP) == (void *)-1);
    CHECK_EQ(errno, EINVAL);
    CHECK(shmat(id, NULL, SHM_REMAP) == (void *)-1);
    CHECK_EQ(errno, EINVAL);
    CHECK(shmat(id, room + 1, SHM_REMAP | SHM_RND) == room);
    CHECK_STR(room, "shared");
    CHECK_OK(munmap(room + SIZE, SIZE));
    CHECK_EQ(attaches(id), 3);

    /* With a part unmapped, the rest is detached by the address of the whole. */
    CHECK_OK(munmap(room, PAGE));
    CHECK_EQ(attaches(id), 3);
    CHECK_OK(mprotect(room + PAGE, PAGE, PROT_READ));
    CHECK_ERR(shmdt(room + PAGE), EINVAL);
    CHECK_OK(shmdt(room));
    CHECK_EQ(attaches(id), 2);
    CHECK_ERR(shmdt(room), EINVAL);
    CHECK_ERR(shmdt(at + 1), EINVAL);
    CHECK_ERR(mprotect(room + PAGE, PAGE, PROT_READ), ENOMEM);
    char *plain = mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK_ERR(shmdt(plain), EINVAL);

    /* By key. */
    key_t key = 0x5e1f0000 ^ getpid();
    int named = CHECK_OK(shmget(key, PAGE, IPC_CREAT | IPC_EXCL | 0640));
    CHECK_EQ(shmget(key, PAGE, 0), named);
    CHECK_ERR(shmget(key, PAGE, IPC_CREAT | IPC_EXCL), EEXIST);
    CHECK_ERR(shmget(key, 2 * PAGE, 0), EINVAL);
    CHECK_OK(shmctl(named, IPC_STAT, &state));
    state.shm_perm.mode = 0600;
    CHECK_OK(shmctl(named, IPC_SET, &state));
    CHECK_OK(shmctl(named, IPC_STAT, &state));
    CHECK_EQ(state.shm_perm.mode & 0777, 0600);
    CHECK_EQ(state.shm_perm.__key, key);
    CHECK_OK(shmctl(named, IPC_RMID, NULL));
    CHECK_ERR(shmget(key, PAGE, 0), ENOENT);

    /* Removed, it lasts until the last one lets go. */
    CHECK_OK(shmctl(id, IPC_RMID, NULL));
    CHECK_OK(shmctl(id, IPC_STAT, &state));
    CHECK(state.shm_perm.mode & SHM_DEST);
    CHECK_STR(at, "shared");
    CHECK_OK(shmdt(at));
    CHECK_OK(shmdt(view));
    CHECK_ERR(shmctl(id, IPC_STAT, &state), EINVAL);
    CHECK(shmat(id, NULL, 0) == (void *)-1);
    CHECK_EQ(errno, EINVAL);

    struct shminfo limits;
    CHECK_OK(shmctl(0, IPC_INFO, (void *)&limits));
    CHECK(limits.shmmax > 0 && limits.shmmni > 0);
    struct shm_info usage;
    CHECK_OK(shmctl(0, SHM_INFO, (void *)&usage));
    CHECK_ERR(shmctl(0, 99, NULL), EINVAL);
    CHECK_ERR(syscall(SYS_shmctl, 0, IPC_INFO, BAD), EFAULT);
    CHECK_ERR(syscall(SYS_shmctl, 0, IPC_SET, BAD), EFAULT);
    CHECK_ERR(syscall(SYS_shmctl, -1, IPC_SET, BAD), EINVAL);
    CHECK(shmat(-1, NULL, 0) == (void *)-1);
    CHECK_EQ(errno, EINVAL);
    return finish();
}
