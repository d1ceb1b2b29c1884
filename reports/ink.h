// Colour where the reader has a terminal, plain text everywhere else.
#pragma once

#include <string>

namespace mambasic::reports {

class Ink {
public:
    explicit Ink(bool colour) : colour_(colour) {}
    std::string bold(const std::string& text) const { return wrapped("1", text); }
    std::string good(const std::string& text) const { return wrapped("32", text); }
    std::string bad(const std::string& text) const { return wrapped("1;31", text); }
    std::string warning(const std::string& text) const { return wrapped("33", text); }

private:
    std::string wrapped(const char* code, const std::string& text) const {
        return colour_ ? "\x1b[" + std::string(code) + "m" + text + "\x1b[0m" : text;
    }
    const bool colour_;
};

}  // namespace mambasic::reports
