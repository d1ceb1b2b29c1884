// One process of compare_children: what it sends, and what the parent makes of that.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "sim/compare_children.h"

namespace mambasic::sim {

/// UserError "mambasic compare: WHAT: why", of errno.
[[noreturn]] void fail_of_system(const char* what);

class Child {
public:
    /// Forks. The child works with so many OpenMP threads and ends. Signals that this process
    /// blocks stay blocked in it: Ctrl-C reaches both, and it is the parent who ends the child.
    Child(const ChildWork& work, int threads);
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();  // kills it where it still works

    int pipe() const { return pipe_; }  // readable when the child has said something, or has ended
    const Progress& progress() const { return progress_; }

    /// Takes what has come; true when that was all and the child has ended.
    bool read();

    /// After read() gave true.
    /// Neither a result nor wrong input: that is no scheme's own, and the others are over too.
    bool has_failed() const { return !result_ && !wrong_input_; }
    /// Where it failed, throws, led by `name`: UserError where it was killed, else InternalError.
    ChildResult result(const std::string& name) const;

private:
    void take_messages();
    std::string how_it_ended() const;

    pid_t id_ = 0;
    int pipe_ = -1;
    int status_ = 0;
    std::string pending_;
    Progress progress_;
    std::optional<std::string> result_, wrong_input_, our_fault_;
};

}  // namespace mambasic::sim
