// syscalls: uname sysinfo getrandom getrusage times
// What the machine says about itself.
#include "../check.h"
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/utsname.h>

int main(void)
{
    begin();
    struct utsname name;
    CHECK_OK(uname(&name));
    CHECK_STR(name.sysname, "Linux");
#ifdef __aarch64__
    CHECK_STR(name.machine, "aarch64");
    CHECK(atoi(name.release) == 6);
#endif
    CHECK(atoi(name.release) >= 4);
    CHECK_ERR(syscall(SYS_uname, BAD), EFAULT);
    struct sysinfo info;
    CHECK_OK(sysinfo(&info));
    CHECK(info.uptime > 0 && info.totalram > 0 && info.mem_unit > 0 && info.procs > 0);
    CHECK(info.freeram <= info.totalram);
    CHECK_ERR(syscall(SYS_sysinfo, BAD), EFAULT);

    unsigned char one[300] = "", two[300] = "";
    CHECK_EQ(getrandom(one, 256, 0), 256);
    CHECK_EQ(getrandom(two, 256, GRND_NONBLOCK), 256);
    CHECK(memcmp(one, two, 256) != 0);
    CHECK_EQ(getrandom(one, 16, GRND_INSECURE), 16);
    CHECK_ERR(getrandom(one, 1, 0x100), EINVAL);
    CHECK_ERR(getrandom(one, 1, GRND_RANDOM | GRND_INSECURE), EINVAL);
    CHECK_ERR(getrandom(BAD, 1, 0), EFAULT);
    CHECK_EQ(getrandom(NULL, 0, 0), 0);

    struct rusage usage;
    CHECK_OK(getrusage(RUSAGE_SELF, &usage));
    CHECK(usage.ru_maxrss > 0);
    CHECK_OK(getrusage(RUSAGE_CHILDREN, &usage));
    CHECK_OK(getrusage(RUSAGE_THREAD, &usage));
    CHECK_ERR(getrusage(7, &usage), EINVAL);
    CHECK_ERR(syscall(SYS_getrusage, RUSAGE_SELF, BAD), EFAULT);
    struct tms tms;
    clock_t start = CHECK_OK(times(&tms));
    CHECK(tms.tms_utime >= 0 && tms.tms_cutime == 0);
    usleep(50000);
    CHECK(times(NULL) - start >= 4); /* of 100 a second */
    do
        CHECK_OK(times(&tms));
    while (tms.tms_utime + tms.tms_stime < 3);
    IN_CHILD({
        CHECK_OK(times(&tms));
        CHECK(tms.tms_utime + tms.tms_stime < 3);
        do
            CHECK_OK(times(&tms));
        while (tms.tms_utime + tms.tms_stime < 3);
    });
    CHECK_OK(times(&tms));
    CHECK(tms.tms_cutime + tms.tms_cstime > 0);
    CHECK_ERR(syscall(SYS_times, BAD), EFAULT);
    return finish();
}
