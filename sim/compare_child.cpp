#include "sim/compare_child.h"

#include <fcntl.h>
#include <omp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <utility>

#include "models/common/error.h"
#include "traces/error.h"

namespace mambasic::sim {
namespace {

// What a child says through its pipe: a kind, a length, so many bytes.
enum class Kind : std::uint8_t { Progress, Result, WrongInput, OurFault };

struct Head {
    Kind kind = Kind::Progress;
    std::uint64_t bytes = 0;
};

// A parent that is gone reads nothing; SIGPIPE then ends the child, which is as it should be.
void send(int pipe, Kind kind, const char* bytes, std::size_t count) {
    const Head head{kind, count};
    std::string message(reinterpret_cast<const char*>(&head), sizeof(head));
    message.append(bytes, count);
    for (std::size_t done = 0; done < message.size();) {
        const ssize_t n = ::write(pipe, message.data() + done, message.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) ::_exit(1);
        done += static_cast<std::size_t>(n);
    }
}

void send(int pipe, Kind kind, const std::string& text) {
    send(pipe, kind, text.data(), text.size());
}

void do_work(const ChildWork& work, int pipe) {
    using Clock = std::chrono::steady_clock;
    Clock::time_point next = Clock::now();
    const auto tell = [&](const Progress& progress) {
        if (Clock::now() < next) return;
        next = Clock::now() + std::chrono::milliseconds(100);
        send(pipe, Kind::Progress, reinterpret_cast<const char*>(&progress), sizeof(progress));
    };
    try {
        send(pipe, Kind::Result, work.work(tell));
    } catch (const models::UserError& e) {
        send(pipe, Kind::WrongInput, e.what());
    } catch (const traces::TraceError& e) {
        send(pipe, Kind::WrongInput, e.what());
    } catch (const std::exception& e) {
        send(pipe, Kind::OurFault, e.what());
    }
}

}  // namespace

void fail_of_system(const char* what) {
    throw models::UserError(std::string("mambasic compare: ") + what + ": " + std::strerror(errno));
}

Child::Child(const ChildWork& work, int threads) {
    int ends[2] = {};
    if (::pipe2(ends, O_CLOEXEC) != 0) fail_of_system("no pipe");
    const pid_t parent = ::getpid();
    id_ = ::fork();
    if (id_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(1);  // it died before prctl
        ::close(ends[0]);
        omp_set_num_threads(threads);
        do_work(work, ends[1]);
        ::_exit(0);  // the parent's buffers and files are not the child's to finish
    }
    ::close(ends[1]);
    pipe_ = ends[0];
    if (id_ < 0) {
        const int why = errno;
        ::close(pipe_);
        errno = why;
        fail_of_system("no process");
    }
}

Child::~Child() {
    ::close(pipe_);
    if (id_ == 0) return;
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
}

bool Child::read() {
    char bytes[1 << 16];
    const ssize_t n = ::read(pipe_, bytes, sizeof(bytes));
    if (n < 0 && errno == EINTR) return false;
    if (n > 0) {
        pending_.append(bytes, static_cast<std::size_t>(n));
        take_messages();
        return false;
    }
    ::waitpid(id_, &status_, 0);
    id_ = 0;
    return true;
}

std::string Child::how_it_ended() const {
    if (!WIFSIGNALED(status_)) return "ended without a result";
    return std::string("died: ") + ::strsignal(WTERMSIG(status_));
}

ChildResult Child::result(const std::string& name) const {
    if (!has_failed()) return result_ ? ChildResult{*result_, ""} : ChildResult{"", *wrong_input_};
    // Only the system or a person kills so, the system because memory ran out.
    if (WIFSIGNALED(status_) && WTERMSIG(status_) == SIGKILL) {
        throw models::UserError(name + ": " + how_it_ended() +
                                "; where memory is short, fewer --jobs need less");
    }
    throw models::InternalError(name + ": " + our_fault_.value_or(how_it_ended()));
}

void Child::take_messages() {
    Head head;
    std::size_t at = 0;
    while (pending_.size() - at >= sizeof(head)) {
        std::memcpy(&head, pending_.data() + at, sizeof(head));
        if (pending_.size() - at - sizeof(head) < head.bytes) break;
        std::string content = pending_.substr(at + sizeof(head), head.bytes);
        at += sizeof(head) + head.bytes;
        if (head.kind == Kind::Progress) {
            MAMBASIC_CHECK(content.size() == sizeof(progress_), "another kind of progress");
            std::memcpy(&progress_, content.data(), sizeof(progress_));
        } else if (head.kind == Kind::Result) {
            result_ = std::move(content);
        } else {
            (head.kind == Kind::WrongInput ? wrong_input_ : our_fault_) = std::move(content);
        }
    }
    pending_.erase(0, at);
}

}  // namespace mambasic::sim
