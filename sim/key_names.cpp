#include "sim/key_names.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <iterator>

#include "models/common/nearest.h"

namespace mambasic::sim {

namespace {

using Names = std::vector<std::string>;

// "ssm.exp_units" has the parts ssm, exp and units.
Names parts_of(const std::string& word) {
    Names parts{""};
    for (const char c : word) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0) {
            parts.back() += static_cast<char>(std::tolower(byte));
        } else if (!parts.back().empty()) {
            parts.emplace_back();
        }
    }
    if (parts.back().empty()) parts.pop_back();
    return parts;
}

std::string letters_of(const std::string& word) {
    std::string letters;
    for (const std::string& part : parts_of(word)) letters += part;
    return letters;
}

std::string last_name(const std::string& key) { return key.substr(key.rfind('.') + 1); }

Names those_of(const Names& keys, const std::function<bool(const std::string& key)>& is_wanted) {
    Names found;
    std::copy_if(keys.begin(), keys.end(), std::back_inserter(found), is_wanted);
    return found;
}

// One letter or two are in half of all keys.
constexpr std::size_t kShortestPart = 3;

Names those_with(const Names& keys, const std::string& word) {
    const std::string letters = letters_of(word);
    if (letters.empty()) return {};
    Names found = those_of(keys, [&](const std::string& key) {
        return letters_of(key) == letters || letters_of(last_name(key)) == letters;
    });
    if (!found.empty() || letters.size() < kShortestPart) return found;
    found = those_of(keys, [&](const std::string& key) {
        return letters_of(key).find(letters) != std::string::npos;
    });
    if (!found.empty()) return found;
    const Names parts = parts_of(word);
    return those_of(keys, [&](const std::string& key) {
        const std::string all = letters_of(key);
        return std::all_of(parts.begin(), parts.end(), [&](const std::string& part) {
            return all.find(part) != std::string::npos;
        });
    });
}

// The key whose whole or last name is the nearest in letters.
Names nearest_to(const Names& keys, const std::string& word) {
    const std::string letters = letters_of(word);
    if (letters.size() < kShortestPart) return {};
    Names names;
    for (const std::string& key : keys) {
        names.push_back(letters_of(key));
        names.push_back(letters_of(last_name(key)));
    }
    const std::string best = models::nearest(letters, names);
    if (best.empty()) return {};
    const auto at = std::find(names.begin(), names.end(), best) - names.begin();
    return {keys[static_cast<std::size_t>(at) / 2]};
}

constexpr std::size_t kShown = 6;

// Of many keys of one block, the block: "technology.energy_pj" where "energy" was meant.
Names blocks_with(const Names& keys, const std::string& word) {
    const std::string letters = letters_of(word);
    Names blocks;
    for (const std::string& key : keys) {
        std::size_t end = key.find('.');
        while (end != std::string::npos &&
               letters_of(key.substr(0, end)).find(letters) == std::string::npos) {
            end = key.find('.', end + 1);
        }
        blocks.push_back(key.substr(0, end));
    }
    blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());
    return blocks;
}

std::string one_of(const Names& keys) {
    std::string text = ", did you mean ";
    for (std::size_t i = 0; i < std::min(keys.size(), kShown); ++i) {
        const bool last = i + 1 == keys.size();
        text += (i == 0 ? "'" : last ? " or '" : ", '") + keys[i] + "'";
    }
    return text + (keys.size() > kShown ? ", ...?" : "?");
}

// "technology.sram." of "technology.sram.x", "" where the word begins with no block.
std::string block_in(const Names& keys, const std::string& word) {
    std::size_t end = word.rfind('.');
    while (end != std::string::npos && end > 0) {
        std::string block = word.substr(0, end + 1);
        if (!those_of(keys, [&](const std::string& key) {
                 return key.rfind(block, 0) == 0;
             }).empty()) {
            return block;
        }
        end = word.rfind('.', end - 1);
    }
    return "";
}

// The keys and blocks of a block; of "", the topmost.
Names names_below(const Names& keys, const std::string& block) {
    Names names;
    for (const std::string& key : keys) {
        if (key.rfind(block, 0) == 0) names.push_back(key.substr(0, key.find('.', block.size())));
    }
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

std::string valid(const Names& names) {
    std::string text = "; valid are ";
    for (const std::string& name : names) text += (&name == &names.front() ? "" : ", ") + name;
    return text;
}

}  // namespace

std::string key_suggestion(const std::string& word, const Names& keys) {
    Names meant = those_with(keys, word);
    if (meant.empty()) meant = nearest_to(keys, word);
    if (meant.size() > kShown) meant = blocks_with(meant, word);
    if (!meant.empty()) return one_of(meant);
    return valid(names_below(keys, block_in(keys, word)));
}

}  // namespace mambasic::sim
