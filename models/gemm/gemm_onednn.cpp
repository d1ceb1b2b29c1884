#include "models/gemm/gemm_onednn.h"

#include <omp.h>
#include <dnnl.hpp>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

namespace mambasic::models::onednn {

namespace {

using dnnl::memory;

constexpr std::size_t kKeptBytes = std::size_t{128} << 20;  // packed weights; the oldest go first
constexpr std::size_t kKeptPrimitives = 64;
constexpr std::int64_t kParallelMacs = std::int64_t{1} << 26;  // about 100 us on one core

struct Primitive {
    dnnl::matmul::primitive_desc description;
    dnnl::matmul run;
    bool exact = false;
};

using WeightKey = std::tuple<const std::int8_t*, std::int64_t, std::int64_t>;  // n x k

struct KeptWeight {
    memory packed;
    std::list<WeightKey>::iterator use;
};

/// What all threads share. A product runs outside the lock, with a stream and working memory of its
/// own.
class Library {
public:
    bool multiply(const Product& p);
    void release_weights();

private:
    Primitive primitive_for(const Product& p);
    Primitive create(const Product& p);
    bool prove(const Primitive& primitive, const Product& shape);
    void execute(const Primitive& primitive, const Product& p, const memory& weight);
    memory pack(const Primitive& primitive, const Product& p);
    memory packed_weight(const Primitive& primitive, const Product& p);
    bool find_weight(const WeightKey& key, const memory::desc& wanted, memory& packed);
    void keep_weight(const WeightKey& key, const memory& packed);

    dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
    std::mutex mutex_;  // of everything below
    std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t>, Primitive>
        primitives_;
    std::map<std::string, bool> proven_;  // by the name of oneDNN's implementation
    std::map<WeightKey, KeptWeight> kept_;
    std::list<WeightKey> uses_;  // most recent first
    std::size_t kept_bytes_ = 0;
};

// What saturates if anything does: both extremes, alternating extremes, and a mixture.
std::int8_t pattern(std::int64_t kind, std::int64_t k) {
    switch (kind) {
        case 0:
            return -128;
        case 1:
            return 127;
        case 2:
            return k % 2 == 0 ? -128 : 127;
        case 3:
            return k % 2 == 0 ? 127 : -128;
        default:
            return static_cast<std::int8_t>((k * 2654435761LL >> 7) & 0xFF);
    }
}
constexpr std::int64_t kPatterns = 5;

std::vector<std::int8_t> pattern_rows(std::int64_t rows, std::int64_t stride, std::int64_t k) {
    std::vector<std::int8_t> data(static_cast<std::size_t>(rows * stride));
    for (std::int64_t i = 0; i < rows; ++i) {
        for (std::int64_t j = 0; j < k; ++j) {
            data[static_cast<std::size_t>(i * stride + j)] = pattern(i % kPatterns, j);
        }
    }
    return data;
}

Primitive Library::create(const Product& p) {
    const memory::desc x({p.m, p.k}, memory::data_type::s8, memory::dims{p.x_stride, 1});
    const memory::desc weight({p.k, p.n}, memory::data_type::s8, memory::format_tag::any);
    const memory::desc acc({p.m, p.n}, memory::data_type::s32, memory::dims{p.n, 1});
    Primitive primitive;
    dnnl::primitive_attr attributes;  // threads may not share oneDNN's own scratchpad
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    primitive.description =
        dnnl::matmul::primitive_desc(dnnl::matmul::desc(x, weight, acc), attributes, engine_);
    primitive.run = dnnl::matmul(primitive.description);
    const std::string name = primitive.description.impl_info_str();
    const auto known = proven_.find(name);
    primitive.exact = known != proven_.end() ? known->second : prove(primitive, p);
    proven_[name] = primitive.exact;
    return primitive;
}

// One run of the real shape, every row pattern against every column pattern.
bool Library::prove(const Primitive& primitive, const Product& shape) {
    const std::vector<std::int8_t> x = pattern_rows(shape.m, shape.x_stride, shape.k);
    const std::vector<std::int8_t> weight = pattern_rows(shape.n, shape.k, shape.k);
    std::vector<std::int32_t> acc(static_cast<std::size_t>(shape.m * shape.n));
    Product p = shape;
    p.x = x.data();
    p.weight = weight.data();
    p.acc = acc.data();
    execute(primitive, p, pack(primitive, p));
    std::int32_t want[kPatterns][kPatterns] = {};
    for (std::int64_t i = 0; i < kPatterns; ++i) {
        for (std::int64_t j = 0; j < kPatterns; ++j) {
            for (std::int64_t k = 0; k < p.k; ++k) want[i][j] += pattern(i, k) * pattern(j, k);
        }
    }
    for (std::int64_t i = 0; i < p.m; ++i) {
        for (std::int64_t j = 0; j < p.n; ++j) {
            const std::int32_t got = acc[static_cast<std::size_t>(i * p.n + j)];
            if (got != want[i % kPatterns][j % kPatterns]) return false;
        }
    }
    return true;
}

Primitive Library::primitive_for(const Product& p) {
    const auto key = std::make_tuple(p.m, p.n, p.k, p.x_stride);
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = primitives_.find(key);
    if (found != primitives_.end()) return found->second;
    if (primitives_.size() >= kKeptPrimitives) primitives_.clear();
    return primitives_.emplace(key, create(p)).first->second;
}

void Library::execute(const Primitive& primitive, const Product& p, const memory& weight) {
    // oneDNN takes its inputs through pointers to non-const and does not write to them.
    memory x(primitive.description.src_desc(), engine_, const_cast<std::int8_t*>(p.x));
    memory acc(primitive.description.dst_desc(), engine_, p.acc);
    memory scratchpad(primitive.description.scratchpad_desc(), engine_);
    dnnl::stream stream(engine_);
    primitive.run.execute(stream, {{DNNL_ARG_SRC, x},
                                   {DNNL_ARG_WEIGHTS, weight},
                                   {DNNL_ARG_DST, acc},
                                   {DNNL_ARG_SCRATCHPAD, scratchpad}});
    stream.wait();
}

memory Library::pack(const Primitive& primitive, const Product& p) {
    const memory::desc plain({p.k, p.n}, memory::data_type::s8, memory::dims{1, p.k});
    memory source(plain, engine_, const_cast<std::int8_t*>(p.weight));
    memory packed(primitive.description.weights_desc(), engine_);
    dnnl::stream stream(engine_);
    dnnl::reorder(source, packed).execute(stream, source, packed);
    stream.wait();
    return packed;
}

bool Library::find_weight(const WeightKey& key, const memory::desc& wanted, memory& packed) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = kept_.find(key);
    if (found == kept_.end() || found->second.packed.get_desc() != wanted) return false;
    uses_.splice(uses_.begin(), uses_, found->second.use);
    packed = found->second.packed;
    return true;
}

void Library::keep_weight(const WeightKey& key, const memory& packed) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto drop = [this](const WeightKey& old) {
        const auto found = kept_.find(old);
        if (found == kept_.end()) return;
        kept_bytes_ -= found->second.packed.get_desc().get_size();
        uses_.erase(found->second.use);
        kept_.erase(found);
    };
    drop(key);  // packed for another shape, or by another thread in the meantime
    uses_.push_front(key);
    kept_.emplace(key, KeptWeight{packed, uses_.begin()});
    kept_bytes_ += packed.get_desc().get_size();
    while (kept_bytes_ > kKeptBytes && uses_.size() > 1) drop(WeightKey(uses_.back()));
}

memory Library::packed_weight(const Primitive& primitive, const Product& p) {
    if (!p.keep_weight) return pack(primitive, p);
    const WeightKey key(p.weight, p.n, p.k);
    memory packed;
    if (find_weight(key, primitive.description.weights_desc(), packed)) return packed;
    packed = pack(primitive, p);
    keep_weight(key, packed);
    return packed;
}

void Library::release_weights() {
    const std::lock_guard<std::mutex> lock(mutex_);
    kept_.clear();
    uses_.clear();
    kept_bytes_ = 0;
}

// oneDNN splits every product over all threads; waking one costs more than it saves here.
class OneThread {
public:
    explicit OneThread(bool wanted) : threads_(omp_get_max_threads()) {
        if (wanted) omp_set_num_threads(1);
    }
    OneThread(const OneThread&) = delete;
    OneThread& operator=(const OneThread&) = delete;
    ~OneThread() { omp_set_num_threads(threads_); }

private:
    int threads_;
};

bool Library::multiply(const Product& p) {
    const OneThread guard(p.m * p.n * p.k < kParallelMacs);
    const Primitive primitive = primitive_for(p);
    if (!primitive.exact) return false;
    execute(primitive, p, packed_weight(primitive, p));
    return true;
}

Library& library() {
    static Library instance;
    return instance;
}

}  // namespace

bool multiply(const Product& product) {
    if (product.m < kPatterns || product.n < kPatterns) return false;  // too small to prove
    try {
        return library().multiply(product);
    } catch (const dnnl::error&) {  // no implementation for this shape or CPU
        return false;
    }
}

void release_weights() { library().release_weights(); }

}  // namespace mambasic::models::onednn
