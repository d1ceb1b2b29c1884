// What is wrong with a trace, as one line that names the file and the place in it.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace mambasic::traces {

class TraceError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A key of the metadata, or the choice that would have become one.
class MetadataError : public TraceError {
public:
    MetadataError(const std::string& file, std::string key, std::string reason);
    const std::string& key() const { return key_; }
    const std::string& reason() const { return reason_; }

private:
    std::string key_, reason_;
};

TraceError error_at_byte(const std::string& file, std::uint64_t byte, const std::string& what);
TraceError error_in_tensor(const std::string& file, const std::string& name,
                           const std::string& what);
MetadataError error_in_metadata(const std::string& file, const std::string& key,
                                const std::string& what);

/// The candidate with the smallest edit distance, for "did you mean"; empty without candidates.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace mambasic::traces
