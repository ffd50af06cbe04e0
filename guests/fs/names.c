// syscalls: openat mkdirat renameat symlinkat readlinkat unlinkat getdents64 getcwd
// Names are bytes: all but the slash and NUL, up to 255 of them, told apart by each.
#include "../check.h"
#include <dirent.h>

/* Whether the directory has exactly one entry with this name. */
static int is_listed(const char *name)
{
    DIR *dir = opendir(".");
    int found = 0;
    CHECK(dir != NULL);
    for (struct dirent *entry; (entry = readdir(dir));)
        found += strcmp(entry->d_name, name) == 0;
    CHECK_OK(closedir(dir));
    return found == 1;
}

int main(void)
{
    begin();
    char name[300], target[300];
    for (int byte = 1; byte < 256; byte++) {
        if (byte == '/' || byte == '.')
            continue;
        snprintf(name, sizeof name, "%c", byte);
        put_file(name, name);
        CHECK(is_listed(name));
    }
    for (int byte = 1; byte < 256; byte++) {
        if (byte == '/' || byte == '.')
            continue;
        snprintf(name, sizeof name, "%c", byte);
        check_file(name, name);
        snprintf(target, sizeof target, "to\xff%c", byte);
        CHECK_OK(rename(name, target));
        CHECK_ERR(access(name, F_OK), ENOENT);
        CHECK_OK(unlink(target));
    }

    /* Neither case nor the composition of characters matters. */
    static const char *const alike[] = {"name", "Name", "NAME", "\xc3\xa9", "e\xcc\x81", "\xc3\x89",
                                        "na\xc3", "na\xa9", "%41", "A", "_", "__"};
    enum { ALIKE = sizeof alike / sizeof *alike };
    for (int i = 0; i < ALIKE; i++)
        put_file(alike[i], alike[i]);
    for (int i = 0; i < ALIKE; i++) {
        check_file(alike[i], alike[i]);
        CHECK(is_listed(alike[i]));
        CHECK_OK(unlink(alike[i]));
    }

    for (int fill = 'n'; fill < 256; fill += 0xe9 - 'n') {
        memset(name, fill, 255);
        name[255] = 0;
        CHECK_OK(mkdir(name, 0755));
        CHECK(is_listed(name));
        CHECK_OK(chdir(name));
        char *path = getcwd(NULL, 0);
        CHECK_STR(strrchr(path, '/') + 1, name);
        free(path);
        put_file(name, "deep");
        CHECK_OK(symlink(name, "link"));
        CHECK_EQ(readlink("link", target, sizeof target), 255);
        check_file("link", "deep");
        CHECK_OK(unlink("link"));
        CHECK_OK(unlink(name));
        CHECK_OK(chdir(".."));
        CHECK_OK(rmdir(name));
        name[255] = fill;
        name[256] = 0;
        CHECK_ERR(mkdir(name, 0755), ENAMETOOLONG);
        CHECK_ERR(open(name, O_RDONLY), ENAMETOOLONG);
        put_file("x", "");
        CHECK_ERR(rename("x", name), ENAMETOOLONG);
    }
    return finish();
}
