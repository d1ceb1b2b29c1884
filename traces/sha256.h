// SHA-256 of a stream of bytes, as lower-case hexadecimal.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace mambasic::traces {

class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;

    void update(const void* data, std::size_t bytes);
    std::string finish();  // 64 digits; the object takes no more data afterwards

private:
    struct State;
    std::unique_ptr<State> state_;
};

std::string sha256_hex(const void* data, std::size_t bytes);

}  // namespace mambasic::traces
