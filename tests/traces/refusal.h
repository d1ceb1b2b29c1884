// What Trace::open says of a trace that is spoiled in one place.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "handmade_trace.h"
#include "traces/error.h"
#include "traces/trace.h"

namespace mambasic::traces::test {

inline std::string refusal(const std::string& path) {
    try {
        Trace::open(path);
    } catch (const TraceError& error) {
        const std::string what = error.what();
        EXPECT_EQ(what.rfind(path + ": ", 0), 0U) << what;
        return what.substr(path.size() + 2);
    }
    return "accepted";
}

inline std::string refusal(const TraceInfo& info, const Spoil& spoil = {},
                           const std::vector<Tensor>& more = {}) {
    const std::string path = temp_path("spoiled");
    write_trace(path, info, spoil, more);
    return refusal(path);
}

template <typename T>
Spoil set(const std::string& name, std::uint64_t index, T value) {
    return [=](const Tensor& tensor, Bytes& bytes) {
        if (tensor.name != name) return;
        std::memcpy(bytes.data() + index * sizeof(T), &value, sizeof(T));
    };
}

}  // namespace mambasic::traces::test
