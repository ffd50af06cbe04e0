// syscalls: getdents64 lseek mkdirat unlinkat
// 100,000 names in a directory: each is listed once, and a place in it is found again.
#include "../check.h"
#include <dirent.h>

#define COUNT 100000

static unsigned char seen[COUNT];

int main(void)
{
    begin();
    CHECK_OK(mkdir("many", 0755));
    put_file("file", "");
    int dir = CHECK_OK(open("many", O_RDONLY | O_DIRECTORY));
    char name[16];
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "%d", i);
        CHECK_OK(linkat(AT_FDCWD, i < COUNT / 2 ? "file" : "other", dir, name, 0));
        if (i == COUNT / 2 - 1)
            put_file("other", "");
    }

    DIR *stream = opendir("many");
    CHECK(stream != NULL);
    int found = 0;
    long place = 0;
    char there[256] = "";
    for (struct dirent *entry; (entry = readdir(stream));) {
        if (entry->d_name[0] == '.')
            continue;
        int number = atoi(entry->d_name);
        CHECK(number >= 0 && number < COUNT && !seen[number]);
        seen[number] = 1;
        if (++found == COUNT / 3) {
            place = telldir(stream);
            CHECK((entry = readdir(stream)) != NULL);
            strcpy(there, entry->d_name);
            seekdir(stream, place);
        }
    }
    CHECK_EQ(found, COUNT);
    seekdir(stream, place);
    CHECK_STR(readdir(stream)->d_name, there);
    rewinddir(stream);
    found = 0;
    while (readdir(stream))
        found++;
    CHECK_EQ(found, COUNT + 2);
    CHECK_OK(closedir(stream));

    /* The call itself, from its beginning once more. */
    char buffer[32768];
    long length, total = 0;
    CHECK_EQ(lseek(dir, 0, SEEK_SET), 0);
    while ((length = CHECK_OK(syscall(SYS_getdents64, dir, buffer, sizeof buffer))) > 0)
        for (long at = 0; at < length; at += ((struct dirent64 *)(buffer + at))->d_reclen)
            total++;
    CHECK_EQ(total, COUNT + 2);
    CHECK_ERR(rmdir("many"), ENOTEMPTY);
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "%d", i);
        CHECK_OK(unlinkat(dir, name, 0));
    }
    CHECK_OK(close(dir));
    return finish();
}
