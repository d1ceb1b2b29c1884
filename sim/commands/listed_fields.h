// The fields that no JSON schema describes.
#pragma once

#include <vector>

namespace mambasic::sim {

struct ListedField {
    const char* document;
    const char* path;
    const char* what;
};

/// Of CSV files, of the small JSON documents and of the tables on the terminal.
const std::vector<ListedField>& listed_fields();

}  // namespace mambasic::sim
