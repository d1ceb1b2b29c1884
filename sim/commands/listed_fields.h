// The fields that no JSON schema describes.
#pragma once

#include <vector>

namespace mambasic::sim {

struct ListedField {
    const char* document;
    const char* path;
    const char* what;
};

/// Of timeline.json: its fields, its tracks and counters, and the arguments of its events.
const std::vector<ListedField>& listed_timeline();

/// All of them: of CSV files, of the small JSON documents, of timelines and of the tables on the
/// terminal.
const std::vector<ListedField>& listed_fields();

}  // namespace mambasic::sim
