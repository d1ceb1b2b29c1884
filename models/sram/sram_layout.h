// How what a tile reads and writes lies in a scratchpad: tensors row by row, of which a block may
// want columns.
// Not modelled: where a tensor begins (every one does in the first bank), the room that is lost
// where a row, which begins with a word, does not fill its last one.
#pragma once

#include <cstdint>
#include <vector>

namespace mambasic::models {

/// Columns of some rows of a tensor.
struct SramColumns {
    std::uint64_t rows = 0;
    std::uint64_t pitch_bytes = 0;  // from row to row
    std::uint64_t first_byte = 0;   // of a row
    std::uint64_t bytes = 0;        // of a row
    std::uint64_t columns = 0;      // elements in these bytes
};

struct SramLayout {
    std::vector<SramColumns> read;
    std::vector<SramColumns> written;
    std::uint64_t row_skew_banks = 0;  // a row begins so many banks further than its length says
};

}  // namespace mambasic::models
