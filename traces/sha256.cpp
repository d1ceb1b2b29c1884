#include "traces/sha256.h"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace mambasic::traces {

namespace {

void require(int status) {
    if (status != 1) throw std::runtime_error("SHA-256 failed in the cryptography library");
}

}  // namespace

struct Sha256::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
    require(state_->context != nullptr ? 1 : 0);
    require(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr));
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(const void* data, std::size_t bytes) {
    require(EVP_DigestUpdate(state_->context, data, bytes));
}

std::string Sha256::finish() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    require(EVP_DigestFinal_ex(state_->context, digest.data(), &length));
    static const char* const kDigits = "0123456789abcdef";
    std::string hex;
    for (unsigned int i = 0; i < length; ++i) {
        hex += kDigits[digest[i] >> 4];
        hex += kDigits[digest[i] & 15];
    }
    return hex;
}

std::string sha256_hex(const void* data, std::size_t bytes) {
    Sha256 sum;
    sum.update(data, bytes);
    return sum.finish();
}

}  // namespace mambasic::traces
