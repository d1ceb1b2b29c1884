#include "sim/compare_children.h"

#include <omp.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <memory>

#include "sim/compare_child.h"

namespace mambasic::sim {
namespace {

// Signals that ask to end wait in a file while this lives, so that poll() sees them and whatever
// stands on the stack is cleaned up.
class SignalFile {
public:
    SignalFile() {
        sigset_t signals;
        sigemptyset(&signals);
        for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
            struct sigaction action {};
            ::sigaction(signal, nullptr, &action);
            if (action.sa_handler != SIG_IGN) sigaddset(&signals, signal);  // nohup ignores one
        }
        ::sigprocmask(SIG_BLOCK, &signals, &before_);
        file_ = ::signalfd(-1, &signals, SFD_CLOEXEC);
        if (file_ < 0) fail_of_system("no file for signals");
    }
    SignalFile(const SignalFile&) = delete;
    SignalFile& operator=(const SignalFile&) = delete;
    ~SignalFile() {
        ::close(file_);
        ::sigprocmask(SIG_SETMASK, &before_, nullptr);
    }
    int file() const { return file_; }
    int taken() const {
        signalfd_siginfo info{};
        return ::read(file_, &info, sizeof(info)) == sizeof(info) ? static_cast<int>(info.ssi_signo)
                                                                  : SIGINT;
    }

private:
    sigset_t before_{};
    int file_ = -1;
};

class Pool {
public:
    Pool(const std::vector<ChildWork>& works, unsigned jobs)
        : works_(works),
          jobs_(std::max(1U, std::min(jobs, static_cast<unsigned>(works.size())))),
          end_(works.size()),
          children_(works.size()),
          ended_(works.size()) {}

    /// Until all that are to work have ended.
    void run(const std::function<void(const Progress&)>& on_progress) {
        for (start_some(); !working().empty(); start_some()) {
            wait();
            if (on_progress) on_progress(progress());
        }
    }

    std::vector<ChildResult> results() const {
        std::vector<ChildResult> out;
        for (std::size_t i = 0; i < works_.size(); ++i) {
            out.push_back(children_.at(i)->result(works_[i].name));
        }
        return out;
    }

private:
    std::vector<std::size_t> working() const {
        std::vector<std::size_t> out;
        for (std::size_t i = 0; i < next_; ++i) {
            if (children_[i] && !ended_[i]) out.push_back(i);
        }
        return out;
    }
    void start_some() {
        const auto threads = std::max(1, omp_get_max_threads() / static_cast<int>(jobs_));
        while (next_ < end_ && working().size() < jobs_) {
            children_[next_] = std::make_unique<Child>(works_[next_], threads);
            ++next_;
        }
    }
    void wait() {
        const std::vector<std::size_t> indices = working();
        std::vector<pollfd> files = {{signals_.file(), POLLIN, 0}};
        for (const std::size_t i : indices) files.push_back({children_[i]->pipe(), POLLIN, 0});
        if (::poll(files.data(), files.size(), -1) < 0 && errno != EINTR) fail_of_system("poll");
        if (files[0].revents != 0) throw Interrupted{signals_.taken()};
        for (std::size_t f = 1; f < files.size(); ++f) {
            const std::size_t i = indices[f - 1];
            if (files[f].revents == 0 || !children_[i] || !children_[i]->read()) continue;
            ended_[i] = true;
            if (children_[i]->has_failed()) drop_behind(i);
        }
    }
    // Those before it go on: which failure is told must not depend on who is quicker.
    void drop_behind(std::size_t failed) {
        end_ = std::min(end_, failed + 1);
        for (std::size_t i = end_; i < children_.size(); ++i) children_[i].reset();
    }
    Progress progress() const {
        Progress sum;
        std::uint64_t each = 0;
        for (std::size_t i = 0; i < next_; ++i) {
            if (!children_[i]) continue;
            const Progress& one = children_[i]->progress();
            each = std::max(each, one.total);
            sum.done += ended_[i] ? std::max(one.total, one.done) : one.done;
        }
        sum.total = each * works_.size();
        return sum;
    }

    const std::vector<ChildWork>& works_;
    const unsigned jobs_;
    SignalFile signals_;
    std::size_t next_ = 0;  // the first that has not begun
    std::size_t end_;       // the first that will not
    std::vector<std::unique_ptr<Child>> children_;
    std::vector<bool> ended_;
};

}  // namespace

std::vector<ChildResult> run_children(const std::vector<ChildWork>& works, unsigned jobs,
                                      const std::function<void(const Progress&)>& on_progress) {
    Pool pool(works, jobs);
    pool.run(on_progress);
    return pool.results();
}

}  // namespace mambasic::sim
