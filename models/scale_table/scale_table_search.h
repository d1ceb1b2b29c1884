// How each kind of lookup finds a channel's cell in the stored ranges and codes; used by
// scale_table_function.cpp only.
#pragma once

#include <cstdint>

#include "models/scale_table/scale_table_function.h"

namespace mambasic::models::scale_table {

constexpr std::uint32_t kNone = 0xFFFFFFFFU;

struct Position {
    std::uint32_t group;  // SSD group
    std::uint32_t head;   // of the group
    std::uint32_t row;    // of the head
};

/// A read port. It counts the words it reads and holds the last one, which is read once.
class Port {
public:
    explicit Port(std::uint32_t word_bytes) : word_bytes_(word_bytes) {}
    void read(std::uint64_t byte);
    void release() { held_ = ~0ULL; }
    std::uint64_t words() const { return words_; }

private:
    std::uint64_t word_bytes_;
    std::uint64_t held_ = ~0ULL;
    std::uint64_t words_ = 0;
};

/// Finds the cells of one run's channels, one after the other.
class Search {
public:
    Search(const ScaleTableImage& image, bool by_head);
    /// The channel's cell in the whole table, or kNone.
    std::uint32_t cell(const Position& at);
    /// The cell by the stored code alone.
    std::uint32_t coded_cell(const Position& at);
    std::uint64_t words() const { return ranges_.words() + codes_.words(); }
    std::uint64_t comparisons() const { return comparisons_; }

private:
    struct Ends {  // where the ends of one row of ranges are stored, in entries
        std::uint64_t first;
        std::uint32_t count;
    };
    Ends head_ends(std::uint32_t group) const;
    Ends row_ends(std::uint32_t group, std::uint32_t head_group) const;
    std::uint32_t read_end(std::uint64_t entry);
    std::uint32_t walk(const Ends& ends, std::uint32_t position);
    std::uint32_t compare_all(const Ends& ends, std::uint32_t position);
    std::uint32_t sequential(const Position& at);
    std::uint32_t parallel(const Position& at);
    std::uint32_t run_length(const Position& at);
    void start_run(const Position& at);
    void step_head(const Position& at);
    void load_row_end(std::uint32_t group);
    bool head_known(const Position& at);

    const ScaleTableImage& image_;
    const bool by_head_;
    const std::uint64_t block_entries_;  // of an SSD group's ranges
    Port ranges_;
    Port codes_;
    std::uint64_t comparisons_ = 0;
    bool started_ = false;
    std::uint32_t group_ = kNone;  // the head looked up last, and what was found
    std::uint32_t head_ = kNone;
    std::uint32_t head_group_ = kNone;
    std::uint32_t dim_group_ = kNone;  // run length only, with the ends it waits for
    std::uint32_t head_end_ = 0;
    std::uint32_t row_end_ = 0;
};

}  // namespace mambasic::models::scale_table
