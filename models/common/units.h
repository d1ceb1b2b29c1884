// Units as types, and numbers that carry their uncertainty.
#pragma once

#include <cstdint>

namespace mambasic::models {

struct Cycles {
    std::uint64_t count = 0;
    Cycles& operator+=(Cycles other) {
        count += other.count;
        return *this;
    }
};
inline Cycles operator+(Cycles a, Cycles b) { return {a.count + b.count}; }
inline bool operator==(Cycles a, Cycles b) { return a.count == b.count; }
inline bool operator<(Cycles a, Cycles b) { return a.count < b.count; }

/// A figure with the spread between credible sources: low <= value <= high.
struct Banded {
    double value = 0;
    double low = 0;
    double high = 0;
    Banded& operator+=(const Banded& other) {
        value += other.value;
        low += other.low;
        high += other.high;
        return *this;
    }
};
inline Banded operator+(Banded a, const Banded& b) { return a += b; }
inline Banded operator*(const Banded& a, double factor) {
    return {a.value * factor, a.low * factor, a.high * factor};
}
/// Of two figures whose errors go the same way at worst.
inline Banded product(const Banded& a, const Banded& b) {
    return {a.value * b.value, a.low * b.low, a.high * b.high};
}

inline std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; }

}  // namespace mambasic::models
