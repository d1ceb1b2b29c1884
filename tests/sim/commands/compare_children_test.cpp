#include "sim/compare_children.h"

#include <gtest/gtest.h>
#include <omp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "models/common/error.h"
#include "traces/error.h"

namespace mambasic::sim {
namespace {

namespace fs = std::filesystem;
using Tell = std::function<void(const Progress&)>;
using Names = std::vector<std::string>;

ChildWork returning(const std::string& text) {
    return {"scheme " + text, [=](const Tell&) { return text; }};
}

ChildWork throwing(const std::string& name, const std::function<void()>& fail) {
    return {name, [=](const Tell&) {
                fail();
                return std::string();
            }};
}

// A folder in which children leave files, to be seen by the others and by the test.
class Yard {
public:
    Yard() {
        std::string name = (fs::temp_directory_path() / "mambasic-children-XXXXXX").string();
        root_ = ::mkdtemp(name.data());
    }
    ~Yard() { fs::remove_all(root_); }
    void leave(const std::string& name) const {
        std::ofstream(root_ / (name + ".part")) << ::getpid();
        fs::rename(root_ / (name + ".part"), root_ / name);  // whole when it is seen
    }
    bool has(const std::string& name) const { return fs::exists(root_ / name); }
    /// False where it does not come: then what waits for it fails instead of hanging.
    bool wait_for(const std::string& name) const {
        for (int i = 0; i < 2000 && !has(name); ++i) ::usleep(5000);
        return has(name);
    }
    pid_t id_in(const std::string& name) const {
        pid_t id = 0;
        std::ifstream(root_ / name) >> id;
        return id;
    }

private:
    fs::path root_;
};

// What nobody has waited for yet is dead all the same.
bool is_alive(pid_t id) {
    std::ifstream file("/proc/" + std::to_string(id) + "/stat");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::size_t name_end = text.rfind(") ");
    return name_end != std::string::npos && text[name_end + 2] != 'Z' && text[name_end + 2] != 'X';
}

Names texts(const std::vector<ChildWork>& works, unsigned jobs) {
    Names out;
    for (const ChildResult& result : run_children(works, jobs, {})) {
        EXPECT_EQ(result.refused, "");
        out.push_back(result.text);
    }
    return out;
}

template <typename Error = models::InternalError>
std::string fault_of(const std::vector<ChildWork>& works, unsigned jobs) {
    try {
        run_children(works, jobs, {});
    } catch (const Error& e) {
        return e.what();
    }
    return "(no error)";
}

std::string refusal_of(const ChildWork& work) {
    const ChildResult result = run_children({work}, 1, {}).at(0);
    EXPECT_EQ(result.text, "");
    return result.refused;
}

TEST(Children, ResultsComeInTheOrderGiven) {
    const Yard yard;
    const ChildWork last_to_end = {"first", [&](const Tell&) {
                                       EXPECT_TRUE(yard.wait_for("end"));
                                       return std::string("a");
                                   }};
    const ChildWork first_to_end = {"second", [&](const Tell&) {
                                        yard.leave("end");
                                        return std::string("b");
                                    }};
    EXPECT_EQ(texts({last_to_end, first_to_end}, 2), (Names{"a", "b"}));
    EXPECT_EQ(texts({first_to_end, last_to_end}, 1), (Names{"b", "a"}));
    EXPECT_EQ(texts({}, 3), Names());
}

TEST(Children, AnyBytesOfAnyLengthComeBack) {
    std::string bytes(3000000, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i % 251);
    EXPECT_TRUE(texts({returning(bytes), returning("")}, 2) == (Names{bytes, ""}));
}

TEST(Children, EachIsAProcessWithItsShareOfThreads) {
    const auto facts = [](const Tell&) {
        return std::to_string(omp_get_max_threads()) + (::getppid() == ::getpid() ? "?" : "");
    };
    const auto identity = [](const Tell&) { return std::to_string(::getpid()); };
    const int before = omp_get_max_threads();
    omp_set_num_threads(7);
    EXPECT_EQ(texts({{"a", facts}, {"b", facts}, {"c", facts}}, 2), (Names{"3", "3", "3"}));
    EXPECT_EQ(texts({{"a", facts}}, 5), (Names{"7"}));
    EXPECT_EQ(texts({{"a", facts}, {"b", facts}}, 1), (Names{"7", "7"}));
    omp_set_num_threads(before);
    const Names ids = texts({{"a", identity}, {"b", identity}}, 1);
    EXPECT_NE(ids[0], ids[1]);
    EXPECT_NE(ids[0], std::to_string(::getpid()));
}

TEST(Children, NoMoreThanTheJobsWorkAtOnce) {
    const Yard yard;
    std::vector<ChildWork> works;
    works.reserve(6);
    for (int i = 0; i < 6; ++i) {
        works.push_back({"w", [&, i](const Tell&) {
                             yard.leave("at work " + std::to_string(i));
                             ::usleep(30000);
                             int at_work = 0;
                             // The last first: who is still at work then was so before.
                             for (int k = 5; k >= 0; --k) {
                                 at_work += yard.has("at work " + std::to_string(k)) &&
                                            !yard.has("done " + std::to_string(k));
                             }
                             yard.leave("done " + std::to_string(i));
                             return std::to_string(at_work);
                         }});
    }
    for (const std::string& at_work : texts(works, 2)) EXPECT_LE(at_work, "2");
}

TEST(Children, WrongInputIsAResultAndAFaultAnError) {
    const auto user = throwing("scheme a", [] { throw models::UserError("f.yaml:1:2: wrong"); });
    const auto trace = throwing("scheme b", [] { throw traces::TraceError("t: torn"); });
    const auto bug = throwing("scheme c", [] { throw std::logic_error("never so"); });
    EXPECT_EQ(refusal_of(user), "f.yaml:1:2: wrong");
    EXPECT_EQ(refusal_of(trace), "t: torn");
    EXPECT_EQ(fault_of({bug}, 1), "scheme c: never so");
}

TEST(Children, ADeathIsTold) {
    const auto killed = throwing("scheme k", [] { ::raise(SIGKILL); });
    const auto crashed = throwing("scheme s", [] {
        std::signal(SIGSEGV, SIG_DFL);
        ::raise(SIGSEGV);
    });
    const auto gone = throwing("scheme g", [] { ::_exit(0); });
    for (const unsigned jobs : {1U, 3U}) {
        EXPECT_EQ(fault_of<models::UserError>({returning("a"), killed, returning("c")}, jobs),
                  "scheme k: died: Killed; where memory is short, fewer --jobs need less");
    }
    EXPECT_EQ(fault_of({crashed}, 1), "scheme s: died: Segmentation fault");
    EXPECT_EQ(fault_of({gone}, 1), "scheme g: ended without a result");
}

TEST(Children, OneThatIsRefusedHindersNoOther) {
    const auto wrong = throwing("scheme b", [] { throw models::UserError("wrong"); });
    for (const unsigned jobs : {1U, 2U, 3U}) {
        const auto results = run_children({returning("a"), wrong, returning("c")}, jobs, {});
        ASSERT_EQ(results.size(), 3U);
        EXPECT_EQ(results[0].text + results[0].refused, "a");
        EXPECT_EQ(results[1].text, "");
        EXPECT_EQ(results[1].refused, "wrong");
        EXPECT_EQ(results[2].text + results[2].refused, "c");
    }
}

// The third fails at once, the second later: the second is told, whatever the number of jobs.
TEST(Children, OfSeveralFaultsTheFirstInOrderIsTold) {
    const std::vector<ChildWork> works = {
        returning("fine"),
        throwing("scheme b",
                 [&] {
                     ::usleep(100000);
                     throw std::logic_error("late");
                 }),
        throwing("scheme c", [&] { throw std::logic_error("early"); })};
    for (const unsigned jobs : {1U, 2U, 3U}) {
        EXPECT_EQ(fault_of(works, jobs), "scheme b: late") << jobs;
    }
}

TEST(Children, NothingBeginsBehindAFault) {
    const Yard yard;
    const auto fails = throwing("scheme a", [] { throw std::logic_error("a fault"); });
    const auto next = throwing("scheme b", [&] { yard.leave("next"); });
    EXPECT_EQ(fault_of({fails, next}, 1), "scheme a: a fault");
    EXPECT_FALSE(yard.has("next"));
}

TEST(Children, AFaultEndsThoseBehindIt) {
    const Yard yard;
    const std::vector<ChildWork> works = {throwing("scheme a",
                                                   [&] {
                                                       yard.wait_for("sleeper");
                                                       throw std::logic_error("over");
                                                   }),
                                          throwing("scheme b", [&] {
                                              yard.leave("sleeper");
                                              ::sleep(60);
                                          })};
    EXPECT_EQ(fault_of(works, 2), "scheme a: over");
    EXPECT_FALSE(is_alive(yard.id_in("sleeper")));
}

TEST(Children, ProgressIsTheSumOfAll) {
    const auto half = [](const Tell& tell) {
        tell({5, 10});
        return std::string();
    };
    Progress last;
    run_children({{"a", half}, {"b", half}, {"c", half}}, 1, [&](const Progress& p) {
        EXPECT_GE(p.done, last.done);
        last = p;
    });
    EXPECT_EQ(last.done, 30U);  // who has ended has done it all
    EXPECT_EQ(last.total, 30U);
}

// The test forks the parent too: one is interrupted, the next is killed and can do nothing more.
TEST(Children, CtrlCEndsThemAndIsPassedOn) {
    const Yard yard;
    const pid_t parent = ::fork();
    if (parent == 0) {
        int seen = 0;
        try {
            run_children({throwing("w",
                                   [&] {
                                       yard.leave("worker");
                                       ::sleep(60);
                                   })},
                         1, {});
        } catch (const Interrupted& interrupted) {
            seen = interrupted.signal;
        } catch (const std::exception&) {
            seen = 99;
        }
        ::_exit(seen);
    }
    ASSERT_TRUE(yard.wait_for("worker"));
    const pid_t worker = yard.id_in("worker");
    ::kill(worker, SIGINT);  // a terminal sends it to all, in any order
    ::usleep(100000);        // time enough to die of it
    EXPECT_TRUE(is_alive(worker));
    ::kill(parent, SIGINT);
    int status = 0;
    ::waitpid(parent, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == SIGINT) << status;
    EXPECT_FALSE(is_alive(worker));
}

TEST(Children, ASignalThatIsIgnoredStaysSo) {
    std::signal(SIGHUP, SIG_IGN);  // as nohup does
    const auto hang_up = [](const Tell&) {
        ::kill(::getppid(), SIGHUP);
        ::usleep(50000);
        return std::string("done");
    };
    EXPECT_EQ(texts({{"w", hang_up}}, 1), Names{"done"});
    std::signal(SIGHUP, SIG_DFL);
}

TEST(Children, GoWithTheirParent) {
    const Yard yard;
    const pid_t parent = ::fork();
    if (parent == 0) {
        run_children({throwing("w",
                               [&] {
                                   yard.leave("worker");
                                   ::sleep(60);
                               })},
                     1, {});
        ::_exit(0);
    }
    ASSERT_TRUE(yard.wait_for("worker"));
    const pid_t worker = yard.id_in("worker");
    ::kill(parent, SIGKILL);
    ::waitpid(parent, nullptr, 0);
    for (int i = 0; i < 2000 && is_alive(worker); ++i) ::usleep(5000);
    EXPECT_FALSE(is_alive(worker));
}

}  // namespace
}  // namespace mambasic::sim
