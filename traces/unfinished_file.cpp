#include "traces/unfinished_file.h"

#include <unistd.h>

#include <array>
#include <atomic>

namespace mambasic::traces {

namespace {

using Slot = std::atomic<const char*>;
static_assert(Slot::is_always_lock_free, "a signal handler reads it");

// More than any command writes at once: run has a dump, a DRAM trace and two timelines.
std::array<Slot, 8> slots{};

void replace_first(const char* from, const char* to) {
    for (Slot& slot : slots) {
        const char* expected = from;
        if (slot.compare_exchange_strong(expected, to)) return;
    }
}

}  // namespace

UnfinishedFile::UnfinishedFile(const char* path) : path_(path) { replace_first(nullptr, path_); }

UnfinishedFile::~UnfinishedFile() { replace_first(path_, nullptr); }

void remove_unfinished_files() noexcept {
    for (const Slot& slot : slots) {
        const char* path = slot.load();
        if (path != nullptr) ::unlink(path);
    }
}

}  // namespace mambasic::traces
