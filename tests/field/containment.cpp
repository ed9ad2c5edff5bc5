#include "tests/field/containment.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace satchel::field {
namespace {

volatile pid_t inside = -1;

void pass_on(int)
{
    if (inside > 0)
        ::kill(inside, SIGKILL);  // the first process of a namespace takes no other signal that it does not wait for
}

}  // namespace

int contained(const std::function<int()>& work)
{
    if (::unshare(CLONE_NEWPID) != 0)
        return work();
    std::fflush(nullptr);
    inside = ::fork();
    if (inside < 0) {
        std::perror("fork");
        return 1;
    }
    if (inside == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        // Its own /proc, in which these processes have the numbers that they know.
        if (::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0)
            (void)::mount("proc", "/proc", "proc", 0, nullptr);
        const int code = work();
        std::fflush(nullptr);
        std::_Exit(code);
    }
    std::signal(SIGINT, pass_on);
    std::signal(SIGTERM, pass_on);
    int status = 0;
    while (::waitpid(inside, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace satchel::field
