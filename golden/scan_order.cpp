#include "golden/scan_order.h"

#include <algorithm>

#include "golden/arithmetic.h"

namespace mambasic::golden {
namespace {

constexpr std::size_t kLanes = 32;

/// The map y -> a y + b.
struct Pair {
    float a = 1.0F;
    float b = 0.0F;
};

/// First p, then q.
Pair then(const Pair& p, const Pair& q) { return {q.a * p.a, arith::fma(q.a, p.b, q.b)}; }

/// Step 1: each thread folds its own items in time order.
std::vector<Pair> fold_threads(const std::vector<Pair>& items, const CubChunk& chunk) {
    std::vector<Pair> folded(chunk.threads);
    for (std::size_t t = 0; t < chunk.threads; ++t) {
        folded[t] = items[t * chunk.items];
        for (std::size_t i = 1; i < chunk.items; ++i) {
            folded[t] = then(folded[t], items[t * chunk.items + i]);
        }
    }
    return folded;
}

/// Step 2: Hillis-Steele inside each warp; all lanes move at once.
void scan_warps(std::vector<Pair>& x) {
    for (std::size_t distance = 1; distance < kLanes; distance *= 2) {
        const std::vector<Pair> before = x;
        for (std::size_t t = 0; t < x.size(); ++t) {
            if (t % kLanes >= distance) {
                x[t] = then(before[t - distance], before[t]);
            }
        }
    }
}

/// Steps 4 and 5: `prefix[w]` is everything before warp w (unused for warp 0); returns the block
/// aggregate.
Pair fold_warps(const std::vector<Pair>& inclusive, std::vector<Pair>& prefix) {
    Pair aggregate = inclusive[kLanes - 1];
    for (std::size_t w = 1; w < prefix.size(); ++w) {
        prefix[w] = aggregate;
        aggregate = then(aggregate, inclusive[w * kLanes + kLanes - 1]);
    }
    return aggregate;
}

/// Steps 3, 5 and 6: the y that thread t starts from; `carry` is what the chunk started with.
float seed_of(std::size_t t, const std::vector<Pair>& inclusive, const std::vector<Pair>& prefix,
              const Pair& carry) {
    if (t == 0) {
        return carry.b;
    }
    const std::size_t warp = t / kLanes;
    Pair exclusive;
    if (t % kLanes == 0) {
        exclusive = prefix[warp];
    } else {
        exclusive = inclusive[t - 1];
        if (warp > 0) {
            exclusive = then(prefix[warp], exclusive);
        }
    }
    return then(carry, exclusive).b;
}

/// One block scan: items become y (step 7, in each item's b); carry moves on (step 6).
void scan_chunk(std::vector<Pair>& items, const CubChunk& chunk, Pair& carry) {
    std::vector<Pair> inclusive = fold_threads(items, chunk);
    scan_warps(inclusive);
    std::vector<Pair> prefix(chunk.warps());
    const Pair aggregate = fold_warps(inclusive, prefix);
    for (std::size_t t = 0; t < chunk.threads; ++t) {
        float y = seed_of(t, inclusive, prefix, carry);
        for (std::size_t i = 0; i < chunk.items; ++i) {
            Pair& item = items[t * chunk.items + i];
            y = arith::fma(item.a, y, item.b);
            item.b = y;
        }
    }
    carry = then(carry, aggregate);
}

}  // namespace

void scan_sequential(Recurrence& r) {
    r.carry.assign(r.states, 0.0F);
    for (std::size_t t = 0; t < r.tokens; ++t) {
        const std::size_t row = t * r.states;
        for (std::size_t n = 0; n < r.states; ++n) {
            r.carry[n] = arith::fma(r.a[row + n], r.carry[n], r.b[row + n]);
            r.y[row + n] = r.carry[n];
        }
    }
}

CubChunk cub_chunk(std::size_t tokens) {
    if (tokens <= 128) {
        return {32, 4};
    }
    if (tokens <= 256) {
        return {32, 8};
    }
    if (tokens <= 512) {
        return {32, 16};
    }
    if (tokens <= 1024) {
        return {64, 16};
    }
    return {128, 16};
}

void scan_cub(Recurrence& r) {
    const CubChunk chunk = cub_chunk(r.tokens);
    r.carry.assign(r.states, 0.0F);
    for (std::size_t n = 0; n < r.states; ++n) {
        Pair carry;
        for (std::size_t first = 0; first < r.tokens; first += chunk.tokens()) {
            // Positions past the end are the identity.
            std::vector<Pair> items(chunk.tokens());
            const std::size_t count = std::min(chunk.tokens(), r.tokens - first);
            for (std::size_t i = 0; i < count; ++i) {
                const std::size_t at = (first + i) * r.states + n;
                items[i] = {r.a[at], r.b[at]};
            }
            scan_chunk(items, chunk, carry);
            for (std::size_t i = 0; i < count; ++i) {
                r.y[(first + i) * r.states + n] = items[i].b;
            }
        }
        r.carry[n] = carry.b;
    }
}

}  // namespace mambasic::golden
